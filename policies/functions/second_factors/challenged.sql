-- Return the account whose sign-in waits for its second factor under this token; null if it is over, used or unknown.
-- Called by POST /v1/auth/second-factor, as the API, before a try is counted.
-- Definer, because nobody may read one-time tokens; only the API may execute it.
create or replace function app.challenged(held bytea) returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (select t.account_id from app.one_time_tokens t
            where t.token_hash = held and t.purpose = 'second_factor' and t.used_at is null
              and t.expires_at > app.clock());
end $$;
grant execute on function app.challenged(bytea) to ecopanier_api;
