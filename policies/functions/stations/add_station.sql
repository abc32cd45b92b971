-- Add a station to a shop, with a pairing code that lasts 5 minutes, and return its id.
-- Called by POST /v1/shops/{shop_id}/stations, as an owner. The code is shown once by the API; only a keyed hash of it
-- comes here.
-- Definer, because no role may write stations. Only an owner of the shop gets through.
-- Locks: the shop (lock_workplace).
create or replace function app.add_station(shop uuid, station_name text, new_code_hash bytea) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment timestamptz := app.clock();
    added  uuid;
begin
    perform app.lock_workplace(shop, null, 'owner');
    insert into app.stations (shop_id, name, created_by, created_at, code_hash, code_ends_at)
    values (shop, station_name, app.caller(), moment, new_code_hash, moment + interval '5 minutes')
    returning id into added;
    perform app.note('station.added', 'shop', shop, jsonb_build_object('station', added));
    return added;
end $$;
grant execute on function app.add_station(uuid, text, bytea) to authenticated;
