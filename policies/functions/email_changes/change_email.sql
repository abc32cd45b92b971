-- Make the address of a change that was confirmed the account's. All other sessions end, and so does what was mailed to
-- the old address; its owner can take the change back for 7 days.
-- Called by POST /v1/me/email/confirm after find_email_change, as the API. `present_address` is the one that it found and
-- `present_lookup` its keyed hash; both are null for a beneficiary, whose row has them. `staying` is the session that goes
-- on. A beneficiary's address is stored sealed, as the change holds it.
-- Raises EP422 if the change was confirmed or replaced meanwhile, EP409 if another account has the address by now, also
-- unconfirmed in an account of an earlier release: whoever confirms reads its mail, and so may know.
-- Definer, because nobody may write accounts, addresses or sessions; only the API may execute it, because only Python can
-- open the address.
-- Locks: the account, the address (claim_address), the change, then sessions, one-time tokens, confirmations, counters.
create or replace function app.change_email(
    caller uuid, change uuid, new_address text, present_address text, present_lookup bytea, staying uuid,
    emptied bytea[] default '{}')
returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment  timestamptz := app.clock();
    account app.accounts;
    wanted  app.email_changes;
    old     app.sealed_addresses;
    holder  uuid;
begin
    select * into account from app.accounts a where a.id = caller for no key update;
    perform app.require_role(caller, 'customer', 'merchant', 'beneficiary', 'collector', 'association', 'admin');
    perform app.be_audited(caller);
    perform app.claim_address(c.lookup) from app.email_changes c where c.id = change;
    select * into wanted from app.email_changes c
    where c.id = change and c.account_id = caller and c.changed_at is null and c.ends_at > moment for update;
    if not found or account.email is distinct from present_address then
        raise exception 'auth.invalid_one_time_token' using errcode = 'EP422';
    end if;
    holder := app.holder_of_address(new_address, wanted.lookup);
    if holder is not null and holder <> caller
       or exists (select from app.accounts a where lower(a.email) = lower(new_address) and a.id <> caller) then
        raise exception 'account.email_taken' using errcode = 'EP409';
    end if;

    if account.role = 'beneficiary' then
        select * into old from app.sealed_addresses s where s.account_id = caller and s.verified_at is not null;
        insert into app.sealed_addresses as s (account_id, sealed, lookup, verified_at)
        values (caller, wanted.sealed, wanted.lookup, moment)
        on conflict (account_id) do update
            set sealed = excluded.sealed, lookup = excluded.lookup, verified_at = excluded.verified_at;
    else
        update app.accounts a set email = new_address, email_verified_at = moment where a.id = caller;
    end if;
    update app.email_changes c
    set changed_at = moment, ends_at = moment + interval '7 days', token_hash = null, code_hash = null,
        code_ends_at = null,
        old_email = case when account.email_verified_at is not null then account.email end,
        old_sealed = old.sealed,
        old_lookup = case when account.role = 'beneficiary' then old.lookup
                          when account.email_verified_at is not null then present_lookup end
    where c.id = change;

    update app.sessions s set ended_at = moment, ended_because = 'email_changed'
    where s.account_id = caller and s.id is distinct from staying and s.ended_at is null;
    update app.one_time_tokens t set used_at = moment
    where t.account_id = caller and t.purpose in ('reset_password', 'second_factor') and t.used_at is null;
    delete from app.confirmations c
    where c.account_id = caller or c.account_id is null and c.lookup = wanted.lookup;
    perform app.note('email_change.done', 'account', caller);
    perform app.notify(caller, 'email_changed', '{}', once => change::text);
    if exists (select from app.email_changes c where c.id = change and c.old_lookup is not null) then
        perform app.queue_mail('email_changed', change);
    end if;
    delete from app.throttles t where t.bucket = any (emptied);
end $$;
grant execute on function app.change_email(uuid, uuid, text, text, bytea, uuid, bytea[]) to ecopanier_api;
