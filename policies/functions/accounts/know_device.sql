-- Remember a device as one that an account signs in from; the account's twenty latest are kept.
-- Called by open_session and reset_password, after a password, a mailed token or an activation token was right.
-- Definer, because nobody may write devices; only the owner may execute it.
-- Locks: the device, then those that are forgotten.
create or replace function app.know_device(account uuid, device bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into app.devices as d (account_id, device_hash, known_since, last_used_on)
    values (account, device, app.clock(), app.paris_day(app.clock()))
    on conflict (account_id, device_hash) do update set last_used_on = excluded.last_used_on
        where d.last_used_on <> excluded.last_used_on;
    delete from app.devices d
    where d.account_id = account and d.device_hash in (
        select o.device_hash from app.devices o
        where o.account_id = account and o.device_hash <> device
        order by o.last_used_on desc, o.known_since desc offset 19);
end $$;
