-- Make an enrolment the account's second factor, now that a code has confirmed it, and store its recovery codes. Return
-- when.
-- Called by POST /v1/me/second-factors/confirm, as the API, which has compared the code with the secret of `factor`.
-- This sign-in has passed the factor; the account's other sessions end, because the password alone opened them.
-- Raises EP404 if the enrolment was replaced, confirmed or forgotten meanwhile. Definer, because nobody may write second
-- factors or sessions; only the API may execute it, because only Python can compare a code.
-- Locks: the account, the factor, its sessions, then the counters.
create or replace function app.confirm_second_factor(
    caller uuid, signed_in_as uuid, factor uuid, step bigint, code_hashes bytea[], emptied bytea[] default '{}',
    given_back bytea[] default '{}')
returns timestamptz language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    present timestamptz := app.clock();
begin
    perform from app.accounts a where a.id = caller for no key update;
    perform app.require_role(caller, 'customer', 'merchant', 'beneficiary', 'collector', 'association', 'admin');
    update app.second_factors f set activated_at = present, last_step = step
    where f.account_id = caller and f.id = factor and f.activated_at is null;
    if not found then raise exception 'second_factor.not_found' using errcode = 'EP404'; end if;
    insert into app.recovery_codes (code_hash, account_id) select h.hash, caller from unnest(code_hashes) as h (hash);
    update app.sessions s set ended_at = present, ended_because = 'factor_added'
    where s.account_id = caller and s.id is distinct from signed_in_as and s.ended_at is null;
    update app.sessions s set factor_at = present
    where s.account_id = caller and s.id = signed_in_as and s.ended_at is null and s.kiosk_id is null;
    perform app.be_audited(caller);
    perform app.note('second_factor.added', 'account', caller);
    perform app.notify(caller, 'second_factor_added', '{}', factor::text);
    delete from app.throttles t where t.bucket = any (emptied);
    update app.throttles t set hits = t.hits - 1 where t.bucket = any (given_back) and t.hits > 0;
    return present;
end $$;
grant execute on function app.confirm_second_factor(uuid, uuid, uuid, bigint, bytea[], bytea[], bytea[]) to ecopanier_api;
