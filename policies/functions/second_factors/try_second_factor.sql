-- Count a try, then return the sealed secret for the API to compare a code with, and the time that codes go by.
-- Called by POST /v1/auth/second-factor and by confirming and removing a factor, as the API. The try is committed
-- before anything is compared, so that tries at once count too.
-- A code of six digits can be tried 5 times in 15 minutes and 20 times a day for an account (`day_bucket`), and 50
-- times in 15 minutes from a network address. Recovery codes count in a counter of their own, without a limit for the
-- day: nobody can guess one, and whoever uses up the tries of the other kind does not keep the owner out. Past a limit
-- only `locked_until` is returned. `factor` is null if the account has none, or if an enrolment is older than ten
-- minutes. Without a data key (a backup without key_vault was restored) only recovery codes work. Without an address
-- bucket (load tests) the network address is not counted.
-- Definer, because it reads a sealed secret with its key; only the API may execute it.
-- Locks: the counters of the account, then that of the address.
create or replace function app.try_second_factor(
    account uuid, account_bucket bytea, day_bucket bytea default null, address_bucket bytea default null,
    out factor uuid, out sealed bytea, out wrapped bytea, out master_key text, out active boolean,
    out present timestamptz, out locked_until timestamptz, out most_tries int, out window_seconds int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    counted record;
begin
    select * into counted from app.throttle(account_bucket, 5, 900);
    if counted.tries_left < 0 then
        locked_until := counted.resets; most_tries := 5; window_seconds := 900;
        return;
    end if;
    if day_bucket is not null then
        select * into counted from app.throttle(day_bucket, 20, 86400);
        if counted.tries_left < 0 then
            locked_until := counted.resets; most_tries := 20; window_seconds := 86400;
            return;
        end if;
    end if;
    if address_bucket is not null then
        select * into counted from app.throttle(address_bucket, 50, 900);
        if counted.tries_left < 0 then
            locked_until := counted.resets; most_tries := 50; window_seconds := 900;
            return;
        end if;
    end if;
    present := app.clock();
    select f.id, f.sealed, k.wrapped, k.master_key, f.activated_at is not null
    into factor, sealed, wrapped, master_key, active
    from app.second_factors f left join key_vault.data_keys k on k.account_id = f.account_id
    where f.account_id = account and (f.activated_at is not null or f.begun_at > present - interval '10 minutes');
end $$;
grant execute on function app.try_second_factor(uuid, bytea, bytea, bytea) to ecopanier_api;
