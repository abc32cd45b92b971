-- Count a sign-in attempt, then return the account's password hash for the API to compare with.
-- Called by POST /v1/auth/token, as the API.
-- The attempt counts before anything is compared. From a device that is known to the account it counts against that
-- device alone (10 in 15 minutes), so that no stranger's failures keep its owner out. From anywhere else it counts
-- against the name (10 in 15 minutes) and against the network address: past 50 failures there in 15 minutes each name
-- has two more attempts from that address. So somebody who tries many names is slowed down, and the others behind the
-- same address are not locked out. Past a limit only `locked_until` is returned. An unknown name costs and counts the
-- same. Without an address bucket (load tests) the network address is not counted.
-- `confirmed` is false for an account that an earlier release opened without confirming its address. A beneficiary's
-- account was confirmed by its activation, whatever address they sign in with; if two gave the same address, it is that
-- of the person who confirmed it.
-- `second_factor` says whether a code must follow the password.
-- Definer, because it reads a password hash; only the API may execute it.
-- Locks: the counter of the device; or that of the name, of the network address, of the name at that address.
create or replace function app.begin_sign_in(
    username text, username_lookup bytea, device bytea, name_bucket bytea, device_bucket bytea, address_bucket bytea,
    name_there_bucket bytea, out account_id uuid, out password_hash text, out confirmed boolean,
    out known_device boolean, out second_factor boolean, out locked_until timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    counted record;
    found_account uuid;
    found_hash    text;
begin
    select n.id, c.password_hash, n.confirmed into found_account, found_hash, confirmed
    from (select a.id, a.email_verified_at is not null as confirmed, a.email_verified_at is not null as proven
          from app.accounts a where lower(a.email) = lower(username)
          union all
          select b.id, true, true from app.beneficiaries b where b.code = upper(username)
          union all
          select s.account_id, true, s.verified_at is not null
          from app.sealed_addresses s where s.lookup = username_lookup) n
    join app.credentials c on c.account_id = n.id
    order by n.proven desc, n.id desc limit 1;
    known_device := exists (
        select from app.devices d where d.account_id = found_account and d.device_hash = device);

    if known_device then
        select * into counted from app.throttle(device_bucket, 10, 900);
        if counted.tries_left < 0 then locked_until := counted.resets; end if;
    else
        select * into counted from app.throttle(name_bucket, 10, 900);
        if counted.tries_left < 0 then locked_until := counted.resets; end if;
        if address_bucket is not null then
            select * into counted from app.throttle(address_bucket, 50, 900);
            if counted.tries_left < 0 then
                select * into counted from app.throttle(name_there_bucket, 2, 900);
                if counted.tries_left < 0 then locked_until := greatest(locked_until, counted.resets); end if;
            end if;
        end if;
    end if;
    if locked_until is not null then return; end if;
    account_id := found_account;
    second_factor := app.has_second_factor(found_account);
    password_hash := found_hash;
end $$;
grant execute on function app.begin_sign_in(text, bytea, bytea, bytea, bytea, bytea, bytea) to ecopanier_api;
