-- Return whether an account has a second factor that a code has confirmed.
-- Called by open_session, begin_sign_in and POST /v1/auth/activate, as the API.
-- Definer, because nobody may read second factors; only the API may execute it.
create or replace function app.has_second_factor(account uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return exists (select from app.second_factors f where f.account_id = account and f.activated_at is not null);
end $$;
grant execute on function app.has_second_factor(uuid) to ecopanier_api;
