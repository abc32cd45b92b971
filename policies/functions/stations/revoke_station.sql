-- Revoke a station: its token is worth nothing from the next request on. One that waits for its code is removed.
-- Called by DELETE /v1/shops/{shop_id}/stations/{station_id}, as an owner. Revoking once more changes nothing.
-- Definer, because no role may write stations. Only an owner of the shop gets through.
-- Locks: the shop (lock_workplace), then the station.
create or replace function app.revoke_station(shop uuid, station uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    revoked app.stations;
begin
    perform app.lock_workplace(shop, null, 'owner');
    select * into revoked from app.stations t where t.id = station and t.shop_id = shop for update;
    if not found then raise exception 'station.not_found' using errcode = 'EP404'; end if;
    if revoked.revoked_at is not null then return; end if;
    if revoked.paired_at is null then
        delete from app.stations t where t.id = station;
    else
        update app.stations t set revoked_at = app.clock(), token_hash = null where t.id = station;
    end if;
    perform app.note('station.revoked', 'shop', shop, jsonb_build_object('station', station));
end $$;
grant execute on function app.revoke_station(uuid, uuid) to authenticated;
