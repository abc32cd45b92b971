-- Remove the caller's second factor with its recovery codes, for a code that has not been used.
-- Called by DELETE /v1/me/second-factors, as the API, which has checked the password and compared the code.
-- The account's sessions go on, but have not passed a factor any more. Definer, because nobody may write second factors;
-- only the API may execute it. Raises what pass_factor raises.
-- Locks: the account, the factor, its recovery codes, its sessions, then the counters.
create or replace function app.remove_second_factor(
    caller uuid, factor uuid, step bigint default null, recovery bytea default null, emptied bytea[] default '{}',
    given_back bytea[] default '{}')
returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform from app.accounts a where a.id = caller for no key update;
    perform app.require_role(caller, 'customer', 'merchant', 'beneficiary', 'collector', 'association', 'admin');
    perform app.be_audited(caller);
    perform app.pass_factor(caller, factor, step, recovery);
    delete from app.second_factors f where f.account_id = caller;
    update app.sessions s set factor_at = null where s.account_id = caller and s.factor_at is not null;
    perform app.note('second_factor.removed', 'account', caller);
    perform app.notify(caller, 'second_factor_removed', '{"by": "holder"}');
    delete from app.throttles t where t.bucket = any (emptied);
    update app.throttles t set hits = t.hits - 1 where t.bucket = any (given_back) and t.hits > 0;
end $$;
grant execute on function app.remove_second_factor(uuid, uuid, bigint, bytea, bytea[], bytea[]) to ecopanier_api;
