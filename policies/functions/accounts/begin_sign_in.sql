-- Count a sign-in attempt, then return the account's password hash and standing for the API to compare with.
-- Called by POST /v1/auth/token, as the API.
-- The attempt counts against the account (10 in 15 minutes) and against the caller's network address (50 in 15
-- minutes) before anything is looked up. Past either limit only `locked_until` is returned. An unknown username costs
-- and counts the same. Without an address bucket (load tests) only the account's attempts are counted.
-- Definer, because it reads a password hash; only the API may execute it.
-- Locks: the counter of the account, then the counter of the address.
create or replace function app.begin_sign_in(
    username text, username_lookup bytea, account_bucket bytea, address_bucket bytea,
    out account_id uuid, out password_hash text, out standing text, out locked_until timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    counted record;
begin
    select * into counted from app.throttle(account_bucket, 10, 900);
    if counted.tries_left < 0 then locked_until := counted.resets; end if;
    if address_bucket is not null then
        select * into counted from app.throttle(address_bucket, 50, 900);
        if counted.tries_left < 0 then locked_until := greatest(locked_until, counted.resets); end if;
    end if;
    if locked_until is not null then return; end if;

    select a.id, c.password_hash, case a.status when 'active' then a.role else a.status end
    into account_id, password_hash, standing
    from app.accounts a join app.credentials c on c.account_id = a.id
    where lower(a.email) = lower(username)
       or a.id = (select b.id from app.beneficiaries b where b.code = upper(username))
       or a.id = (select s.account_id from app.sealed_addresses s where s.lookup = username_lookup);
end $$;
grant execute on function app.begin_sign_in(text, bytea, bytea, bytea) to ecopanier_api;
