-- Open a session for somebody whose password or token the API has just verified. Definer and for the API alone.
-- Signing in proves the account's own bucket innocent; of the address only this try is taken back, because behind one
-- address there may be a whole town, and a guesser with an account of their own.
create or replace function app.open_session(
    account uuid, first_token_hash bytea, expires timestamptz, account_bucket bytea default null,
    address_bucket bytea default null)
returns uuid language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    session uuid;
begin
    perform app.require_role(account, 'customer', 'merchant', 'beneficiary', 'collector', 'association', 'admin');
    perform app.seen(account);
    insert into app.sessions (account_id) values (account) returning id into session;
    insert into app.refresh_tokens (token_hash, session_id, expires_at) values (first_token_hash, session, expires);
    if account_bucket is not null then perform app.forget_tries(account_bucket); end if;
    if address_bucket is not null then
        update app.throttles t set hits = t.hits - 1 where t.bucket = address_bucket and t.hits > 0;
    end if;
    return session;
end $$;
grant execute on function app.open_session(uuid, bytea, timestamptz, bytea, bytea) to ecopanier_api;
