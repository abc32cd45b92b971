-- Keep a change of the caller's e-mail address until the new one is confirmed, in place of an earlier one that waits.
-- Tell them at the old address, and queue the mail to the new one.
-- Called by POST /v1/me/email, as the API, which has checked the password and, if there is a second factor, compared a
-- code.
-- Nothing is looked up: whether the new address already belongs to an account is the job's concern, so that the answer
-- and the work for it are the same for every address. `change` is chosen by the API, because the link to take the change
-- back is derived from it. Raises what require_role and pass_factor raise.
-- Definer, because nobody may write changes; only the API may execute it.
-- Locks: the account, the change that is replaced, the factor, its recovery codes, then the counters.
create or replace function app.ask_email_change(
    caller uuid, change uuid, new_lookup bytea, new_sealed bytea, new_revoke_hash bytea, factor uuid default null,
    step bigint default null, recovery bytea default null, emptied bytea[] default '{}', given_back bytea[] default '{}')
returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform from app.accounts a where a.id = caller for no key update;
    perform app.require_role(caller, 'customer', 'merchant', 'beneficiary', 'collector', 'association', 'admin');
    perform app.be_audited(caller);
    delete from app.email_changes c where c.account_id = caller and c.changed_at is null;
    if app.has_second_factor(caller) then perform app.pass_factor(caller, factor, step, recovery); end if;
    insert into app.email_changes (id, account_id, lookup, sealed, revoke_hash, asked_at, ends_at)
    values (change, caller, new_lookup, new_sealed, new_revoke_hash, app.clock(), app.clock() + interval '1 day');
    perform app.note('email_change.asked', 'account', caller);
    perform app.notify(caller, 'email_change_asked', '{}', once => change::text, subject => change);
    perform app.queue_mail('email_change', change);
    delete from app.throttles t where t.bucket = any (emptied);
    update app.throttles t set hits = t.hits - 1 where t.bucket = any (given_back) and t.hits > 0;
end $$;
grant execute on function app.ask_email_change(uuid, uuid, bytea, bytea, bytea, uuid, bigint, bytea, bytea[], bytea[]) to ecopanier_api;
