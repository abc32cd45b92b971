-- Change a collection point that still has one of these versions; return whether it had.
-- Called by PATCH /v1/collection-points/{point_id}. Of a shop's or an association's point, name, place and hours follow the
-- shop or the association, and are refused here.
-- Definer, because no role may write points. Locks: the point.
create or replace function app.edit_point(point uuid, wanted jsonb, versions int[]) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    old app.collection_points := app.point_to_change(point);
    new app.collection_points;
begin
    if versions is not null and old.version <> all (versions) then return false; end if;
    if old.kind in ('shop', 'association')
       and wanted ?| array['name', 'address', 'insee_code', 'latitude', 'longitude', 'opening_hours'] then
        raise exception 'collection_point.follows' using errcode = 'EP409';
    end if;
    new := jsonb_populate_record(old, wanted);
    if wanted ?| array['latitude', 'longitude'] and not app.in_france(new.latitude, new.longitude) then
        raise exception 'collection_point.outside_territory' using errcode = 'EP422';
    end if;
    update app.collection_points p
    set name = new.name, address = new.address, insee_code = new.insee_code, latitude = new.latitude,
        longitude = new.longitude, opening_hours = new.opening_hours, access = new.access, contacts = new.contacts,
        capacity_grams = new.capacity_grams, capacity_crates = new.capacity_crates, cold_crates = new.cold_crates,
        service_seconds = new.service_seconds, version = p.version + 1
    where p.id = point;
    perform app.note('collection_point.edited', 'collection_point', point);
    return true;
end $$;
grant execute on function app.edit_point(uuid, jsonb, int[]) to authenticated;
