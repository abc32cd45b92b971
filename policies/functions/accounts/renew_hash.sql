-- Replace a password's hash by one of the same password with today's parameters.
-- Called by POST /v1/auth/token right after the password was verified, as the API.
-- It requires the old hash, so that a password that was changed meanwhile stays changed.
-- Definer, because nobody may write credentials; only the API may execute it.
create or replace function app.renew_hash(account uuid, old_hash text, new_hash text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update app.credentials c set password_hash = new_hash
    where c.account_id = account and c.password_hash = old_hash;
end $$;
grant execute on function app.renew_hash(uuid, text, text) to ecopanier_api;
