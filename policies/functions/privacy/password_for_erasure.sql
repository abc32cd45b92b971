-- What to compare the password with that somebody erases their account with; null where they have none. The try is counted
-- with those of signing in. Whoever has signed in within the last quarter of an hour has just given it: `fresh`, and
-- nothing is counted. Definer and for the API alone, because it reads a hash.
create or replace function app.password_for_erasure(
    account uuid, signed_in_as uuid, account_bucket bytea,
    out password_hash text, out locked_until timestamptz, out fresh boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    counted record;
begin
    select c.password_hash into password_hash from app.credentials c where c.account_id = account;
    fresh := exists (select from app.sessions s where s.id = signed_in_as and s.account_id = account
                     and s.ended_at is null and s.kiosk_id is null
                     and s.created_at > app.clock() - interval '15 minutes');
    if password_hash is null or account_bucket is null then return; end if;
    select * into counted from app.throttle(account_bucket, 10, 900);
    if counted.tries_left < 0 then
        password_hash := null;
        locked_until := counted.resets;
    end if;
end $$;
grant execute on function app.password_for_erasure(uuid, uuid, bytea) to ecopanier_api;
