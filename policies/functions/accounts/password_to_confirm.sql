-- Return the password hash to compare with before an account is erased or its second factor changes; null if the
-- account has no password.
-- Called by DELETE /v1/me, and by POST and DELETE /v1/me/second-factors, as the API.
-- An attempt counts against a counter of its own (10 in 15 minutes); past the limit only `locked_until` is returned.
-- `fresh` says that the person signed in within the last 15 minutes, not at a kiosk, so that they may leave the
-- password out. Without a password (`account_bucket` is null) nothing is counted.
-- Definer, because it reads a password hash; only the API may execute it.
-- Locks: the counter.
create or replace function app.password_to_confirm(
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
grant execute on function app.password_to_confirm(uuid, uuid, bytea) to ecopanier_api;
