-- Confirm an e-mail address, for the token or the code that was mailed to it; return the account whose address it is.
-- Called by POST /v1/auth/verify-email after find_confirmation, as the API, which opens a session in the same
-- transaction.
-- A registration becomes an account here. An account of an earlier release that has the same address, unconfirmed, is
-- taken over instead: whoever reads the mail may keep it, with the password of their registration, and whoever opened
-- it is signed out. `new_password_hash` replaces the password, where it is given: whoever registers a stranger's
-- address chooses no password for them. Everything else that waits for the same address ends.
-- Raises EP422 if the confirmation has been used or an account has confirmed the address meanwhile.
-- Definer, because nobody may write accounts, addresses or credentials. The token or the code, which the API has
-- compared, lets its holder act on that one address, once.
-- Locks: the account if there is one, the address (claim_address), the confirmation, then what set_password locks.
create or replace function app.confirm_address(
    confirmation uuid, given_address text, given_name text, new_password_hash text) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    wanted  app.confirmations;
    account uuid;
    holder  uuid;
begin
    perform from app.accounts a
    where a.id = (select c.account_id from app.confirmations c where c.id = confirmation) for no key update;
    perform app.claim_address(c.lookup) from app.confirmations c where c.id = confirmation;
    select * into wanted from app.confirmations c where c.id = confirmation and c.ends_at > app.clock() for update;
    holder := app.holder_of_address(given_address, wanted.lookup);
    if wanted.id is null or holder is distinct from wanted.account_id and holder is not null then
        raise exception 'auth.invalid_one_time_token' using errcode = 'EP422';
    end if;

    account := wanted.account_id;
    if account is null then
        select a.id into account from app.accounts a
        where lower(a.email) = lower(given_address) and a.email_verified_at is null for no key update;
        if not found then
            select r.account into account from app.register_account(
                wanted.role, given_address, coalesce(new_password_hash, wanted.password_hash), given_name,
                wanted.locale, wanted.terms, wanted.lookup, wanted.id, wanted.asked_at) r;
        else
            perform app.set_password(account, coalesce(new_password_hash, wanted.password_hash));
            insert into app.consents (account_id, purpose, version, given, at)
            values (account, 'terms', wanted.terms, true, wanted.asked_at);
        end if;
    elsif new_password_hash is not null then
        perform app.set_password(account, new_password_hash);
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
grant execute on function app.confirm_address(uuid, text, text, text) to ecopanier_api;
