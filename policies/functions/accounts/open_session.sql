-- Open a session for an account whose password or token the API has just verified; return the session's id.
-- Called by POST /v1/auth/token and POST /v1/auth/activate, as the API.
-- The account's own counter of attempts is cleared. From the counter of the network address only this attempt is taken
-- back, because a whole town may share one address with somebody who guesses passwords and has an account too.
-- Definer, because nobody may write sessions; only the API may execute it. Suspended and erased accounts are refused.
-- Locks: the account (seen, once a day), then the counters.
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
