-- Give a beneficiary a password, and an e-mail address if they want one, for the token of their enrolment.
-- Called by POST /v1/auth/activate, as the API.
-- The address comes sealed, with the keyed hash that finds it. It also comes in clear, only to look for another
-- account that has it; it is stored nowhere. An address that another account has is refused openly, because the
-- association knows whose token this is.
-- Definer, because nobody may write credentials, tokens or addresses. The token lets its holder act on that one
-- account, once.
-- Locks: the token, the credentials, the sessions, the other tokens, then the address (claim_address).
create or replace function app.activate_beneficiary(
    held bytea, new_password_hash text, new_email text default null, sealed_email bytea default null,
    email_lookup bytea default null) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    account uuid := app.use_token(held, 'activate');
begin
    insert into app.credentials as c (account_id, password_hash) values (account, new_password_hash)
    on conflict (account_id) do update set password_hash = excluded.password_hash, changed_at = app.clock();
    -- The token may follow a forgotten password: sessions that were opened with the old one end.
    update app.sessions s set ended_at = app.clock(), ended_because = 'password_changed'
    where s.account_id = account and s.ended_at is null;
    -- Tokens that were mailed to an earlier address end too: whoever reads that address must not set a password with
    -- them, nor confirm another address.
    update app.one_time_tokens t set used_at = app.clock()
    where t.account_id = account and t.purpose in ('verify_email', 'reset_password') and t.used_at is null;
    if new_email is not null then
        perform app.claim_address(new_email);
        if app.holder_of_address(new_email, email_lookup) is distinct from account
           and app.holder_of_address(new_email, email_lookup) is not null then
            raise exception 'account.email_taken' using errcode = 'EP409';
        end if;
        insert into app.sealed_addresses as a (account_id, sealed, lookup) values (account, sealed_email, email_lookup)
        on conflict (account_id) do update
            set sealed = excluded.sealed, lookup = excluded.lookup, verified_at = null;
        perform app.defer('accounts.send_mail', jsonb_build_object('account_id', account, 'mail', 'verify_email'));
    end if;
    perform app.note('account.activated', 'account', account);
    return account;
end $$;
grant execute on function app.activate_beneficiary(bytea, text, text, bytea, bytea) to ecopanier_api;
