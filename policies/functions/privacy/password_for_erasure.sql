-- What to compare the password with that somebody erases their account with; null where they have none. The try is counted
-- with those of signing in. Definer and for the API alone, because it reads a hash.
create or replace function app.password_for_erasure(
    account uuid, account_bucket bytea, out password_hash text, out locked_until timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    counted record;
begin
    select c.password_hash into password_hash from app.credentials c where c.account_id = account;
    if not found then return; end if;
    select * into counted from app.throttle(account_bucket, 10, 900);
    if counted.tries_left < 0 then
        password_hash := null;
        locked_until := counted.resets;
    end if;
end $$;
grant execute on function app.password_for_erasure(uuid, bytea) to ecopanier_api;
