-- Set a beneficiary's password, and an e-mail address if they want one, for the token of their enrolment.
-- Called by POST /v1/auth/activate, as the API.
-- The address comes sealed, with the keyed hash that finds it. It also comes in clear, only to look for another
-- account that has it; it is stored nowhere. An address that another account has confirmed is refused openly, because
-- the association knows whose token this is. One that another has not confirmed is anybody's.
-- `wanted_locale` becomes the language of the person's mails the first time: until now only their association has spoken
-- for them. Later they change it themselves.
-- Definer, because nobody may write credentials, tokens or addresses. The token lets its holder act on that one
-- account, once.
-- Locks: the account, the token, what set_password locks, the other tokens and confirmations, then the address (claim_address).
create or replace function app.activate_beneficiary(
    held bytea, new_password_hash text, new_email text default null, sealed_email bytea default null,
    email_lookup bytea default null, wanted_locale text default null) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    account uuid;
begin
    perform from app.accounts a
    where a.id = (select t.account_id from app.one_time_tokens t where t.token_hash = held) for no key update;
    account := app.use_token(held, 'activate');
    update app.accounts a set locale = wanted_locale
    where a.id = account and wanted_locale is not null
      and not exists (select from app.credentials c where c.account_id = account);
    -- The token may follow a forgotten password: sessions that were opened with the old one end.
    perform app.set_password(account, new_password_hash);
    -- What was mailed to an earlier address ends too: whoever reads that address must not set a password with it, nor
    -- confirm another address.
    update app.one_time_tokens t set used_at = app.clock()
    where t.account_id = account and t.purpose = 'reset_password' and t.used_at is null;
    delete from app.confirmations c where c.account_id = account;
    if new_email is not null then
        perform app.claim_address(email_lookup);
        if app.holder_of_address(new_email, email_lookup) is distinct from account
           and app.holder_of_address(new_email, email_lookup) is not null then
            raise exception 'account.email_taken' using errcode = 'EP409';
        end if;
        insert into app.sealed_addresses as a (account_id, sealed, lookup) values (account, sealed_email, email_lookup)
        on conflict (account_id) do update
            set sealed = excluded.sealed, lookup = excluded.lookup, verified_at = null;
        perform app.ask_confirmation(account);
    end if;
    perform app.note('account.activated', 'account', account);
    return account;
end $$;
grant execute on function app.activate_beneficiary(bytea, text, text, bytea, bytea, text) to ecopanier_api;
