-- Remember that somebody knew an account's password, so that a code can finish the sign-in within five minutes.
-- Called by POST /v1/auth/token, as the API, right after the password was compared. `held` is the hash of the token that
-- the person gets; it opens nothing else. The counters are treated as by open_session: a right password was no guess.
-- Definer, because nobody may write one-time tokens; only the API may execute it.
-- Locks: the counters.
create or replace function app.open_challenge(
    account uuid, held bytea, emptied bytea[] default '{}', given_back bytea default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.require_role(account, 'customer', 'merchant', 'beneficiary', 'collector', 'association', 'admin');
    insert into app.one_time_tokens (token_hash, account_id, purpose, expires_at)
    values (held, account, 'second_factor', app.clock() + interval '5 minutes');
    delete from app.throttles t where t.bucket = any (emptied);
    if given_back is not null then
        update app.throttles t set hits = t.hits - 1 where t.bucket = given_back and t.hits > 0;
    end if;
end $$;
grant execute on function app.open_challenge(uuid, bytea, bytea[], bytea) to ecopanier_api;
