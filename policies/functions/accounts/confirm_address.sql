-- Confirm an e-mail address, for the token or the code that was mailed to it; return the account whose address it is.
-- Called by POST /v1/auth/verify-email after find_confirmation, as the API, which opens a session in the same
-- transaction.
-- A registration becomes an account here, with its role and name. An account of an earlier release that has the same
-- address, unconfirmed, is taken over instead if its role is the same, it is suspended or it is an admin's: whoever
-- reads the mail keeps it, with the name of their registration. One with another role loses the address and its
-- password. Either way whoever opened it is signed out. `given_hash` replaces the password of the registration. It may
-- be missing only on the device that registered: whoever registers a stranger's address chooses no password for them.
-- Without a registration, an account of an earlier release needs a new password, because a stranger may have opened it.
-- The sealed address of a beneficiary is only confirmed, and only if `given_hash` is the hash of their password, with
-- which the API has compared what they sent: they may have mistyped the address, and its reader could ask for a new
-- password. Everything else that waits for the same address ends.
-- Raises EP422 if the confirmation has been used, an account has confirmed the address meanwhile, or a password is
-- missing.
-- Definer, because nobody may write accounts, addresses or credentials. The token or the code, which the API has
-- compared, lets its holder act on that one address, once.
-- Locks: the account if there is one, or the one that a registration takes over; then the address (claim_address), the confirmation, then what set_password locks.
create or replace function app.confirm_address(
    confirmation uuid, given_address text, given_name text, given_hash text, from_device bytea) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    wanted  app.confirmations;
    old     app.accounts;
    account uuid;
    holder  uuid;
begin
    perform from app.accounts a
    where a.id = (select c.account_id from app.confirmations c where c.id = confirmation)
       or lower(a.email) = lower(given_address)
    order by a.id for no key update;
    perform app.claim_address(c.lookup) from app.confirmations c where c.id = confirmation;
    select * into wanted from app.confirmations c where c.id = confirmation and c.ends_at > app.clock() for update;
    holder := app.holder_of_address(given_address, wanted.lookup);
    if wanted.id is null or holder is distinct from wanted.account_id and holder is not null then
        raise exception 'auth.invalid_one_time_token' using errcode = 'EP422';
    end if;

    account := wanted.account_id;
    if given_hash is null and (account is not null or from_device is distinct from wanted.device) then
        raise exception 'auth.password_missing' using errcode = 'EP422';
    end if;
    if account is null then
        select * into old from app.accounts a
        where lower(a.email) = lower(given_address) and a.email_verified_at is null for no key update;
        if old.role <> wanted.role and old.role <> 'admin' and old.status = 'active' then
            perform app.set_password(old.id, wanted.password_hash);  -- ends the sessions and forgets the devices
            delete from app.credentials c where c.account_id = old.id;
            delete from app.one_time_tokens t where t.account_id = old.id;
            delete from app.confirmations c where c.account_id = old.id;
            update app.accounts a set email = null where a.id = old.id;
            perform app.note('account.address_lost', 'account', old.id);
            old := null;
        end if;
        account := old.id;
        if account is null then
            select r.account into account from app.register_account(
                wanted.role, given_address, coalesce(given_hash, wanted.password_hash), given_name,
                wanted.locale, wanted.terms, wanted.lookup, wanted.id, wanted.asked_at) r;
        else
            perform app.set_password(account, coalesce(given_hash, wanted.password_hash));
            update app.accounts a set display_name = given_name, locale = wanted.locale where a.id = account;
            insert into app.consents (account_id, purpose, version, given, at)
            values (account, 'terms', wanted.terms, true, wanted.asked_at);
        end if;
        if wanted.invitation is not null then
            perform app.answer_shop_invitation(account, wanted.invitation, wanted.invitation_named);
        end if;
    elsif exists (select from app.accounts a where a.id = account and a.email is not null) then
        perform app.set_password(account, given_hash);
    elsif not exists (
        select from app.credentials c where c.account_id = account and c.password_hash = given_hash) then
        raise exception 'auth.invalid_one_time_token' using errcode = 'EP422';
    end if;
    update app.accounts a set email_verified_at = coalesce(a.email_verified_at, app.clock())
    where a.id = account and lower(a.email) = lower(given_address);
    if not found then
        update app.sealed_addresses s set verified_at = coalesce(s.verified_at, app.clock())
        where s.account_id = account and s.lookup = wanted.lookup;
        if not found then raise exception 'auth.invalid_one_time_token' using errcode = 'EP422'; end if;
    end if;
    delete from app.confirmations c
    where c.account_id = account or c.account_id is null and c.lookup = wanted.lookup;
    return account;
end $$;
grant execute on function app.confirm_address(uuid, text, text, text, bytea) to ecopanier_api;
