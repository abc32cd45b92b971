-- Take a change of address back, for the token that was mailed to the old address; return whether the address had
-- changed already and is the old one again. Every session of the account ends, its devices are forgotten, and whatever
-- was mailed to the new address ends: whoever asked for the change knows the password.
-- Called by POST /v1/auth/revoke-email-change after find_revocable_change, as the API. `old_address` is the old address in
-- clear; it is stored only where the account's was stored in clear.
-- Changes that came after this one end with it; an earlier one can still be taken back by whoever had the address before.
-- Raises EP422 if the token is unknown, over or used, EP409 if another account has the old address by now.
-- Definer, because nobody may write accounts, addresses or sessions. The token lets its holder act on that one account,
-- once.
-- Locks: the account, the address (claim_address), the changes, then sessions, one-time tokens, confirmations, devices.
create or replace function app.revoke_email_change(held bytea, old_address text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment timestamptz := app.clock();
    wanted app.email_changes;
    holder uuid;
begin
    perform from app.accounts a
    where a.id = (select c.account_id from app.email_changes c where c.revoke_hash = held) for no key update;
    perform app.claim_address(c.old_lookup) from app.email_changes c
    where c.revoke_hash = held and c.old_lookup is not null;
    select * into wanted from app.email_changes c where c.revoke_hash = held and c.ends_at > moment for update;
    -- The change was confirmed between the two acts: its holder tries again.
    if not found or wanted.old_lookup is not null and old_address is null then
        raise exception 'auth.invalid_one_time_token' using errcode = 'EP422';
    end if;
    if wanted.old_lookup is not null then
        holder := app.holder_of_address(old_address, wanted.old_lookup);
        if holder is not null and holder <> wanted.account_id
           or exists (select from app.accounts a where lower(a.email) = lower(old_address) and a.id <> wanted.account_id) then
            raise exception 'account.email_taken' using errcode = 'EP409';
        end if;
        if wanted.old_sealed is null then
            update app.accounts a set email = wanted.old_email, email_verified_at = moment where a.id = wanted.account_id;
        else
            update app.sealed_addresses s set sealed = wanted.old_sealed, lookup = wanted.old_lookup, verified_at = moment
            where s.account_id = wanted.account_id;
        end if;
    end if;
    delete from app.email_changes c
    where c.account_id = wanted.account_id and (c.changed_at is null or c.changed_at >= wanted.changed_at);

    update app.sessions s set ended_at = moment, ended_because = 'email_changed'
    where s.account_id = wanted.account_id and s.ended_at is null;
    update app.one_time_tokens t set used_at = moment
    where t.account_id = wanted.account_id and t.purpose in ('reset_password', 'second_factor') and t.used_at is null;
    delete from app.confirmations c where c.account_id = wanted.account_id;
    delete from app.devices d where d.account_id = wanted.account_id;
    perform app.note('email_change.revoked', 'account', wanted.account_id,
                     jsonb_build_object('restored', wanted.changed_at is not null));
    return wanted.changed_at is not null;
end $$;
grant execute on function app.revoke_email_change(bytea, text) to ecopanier_api;
