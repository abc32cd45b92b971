-- Divide a commune into these zones from the first of the following month on; none: it is one again.
-- Called by PUT /v1/admin/zones/{commune}, as an admin; the shapes were checked (backend/territories/zones.py). A zone keeps its
-- code under the same name. What was drawn before for the following month is replaced: it never counted.
-- Raises `territory.not_found`. Definer, because nobody may write zones. Locks: the commune, then its zones.
create or replace function app.draw_zones(
    wanted text, names text[], latitudes float8[], longitudes float8[], shapes text[], geometries text[])
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    begins date := (date_trunc('month', app.paris_day(app.clock())::timestamp) + interval '1 month')::date;
    c      app.territories;
    zone   record;
    found_code text;
begin
    perform app.require_role(app.caller(), 'admin');
    select t.* into c from app.territories t where t.code = wanted and t.kind = 'commune' for no key update;
    if c.code is null then raise exception 'territory.not_found' using errcode = 'EP404'; end if;
    delete from app.zone_shapes z where z.commune = c.code and z.valid_from = begins;
    update app.zone_shapes z set valid_until = begins
    where z.commune = c.code and (z.valid_until is null or z.valid_until > begins);
    for zone in
        select * from unnest(names, latitudes, longitudes, shapes, geometries) u (name, latitude, longitude, shape, geometry)
    loop
        select t.code into found_code from app.territories t
        where t.kind = 'zone' and t.commune = c.code and t.name = zone.name;
        if found_code is null then
            found_code := app.uuid7()::text;
            insert into app.territories (code, kind, name, region, department, epci, commune, latitude, longitude)
            values (found_code, 'zone', zone.name, c.region, c.department, c.epci, c.code, zone.latitude, zone.longitude);
        else
            update app.territories t set latitude = zone.latitude, longitude = zone.longitude where t.code = found_code;
        end if;
        insert into app.zone_shapes (code, commune, valid_from, shapes, geojson, drawn_at)
        values (found_code, c.code, begins, string_to_array(zone.shape, ' '), zone.geometry::json, app.clock());
    end loop;
    perform app.note('zones.drawn', 'territory', null, jsonb_build_object('commune', c.code, 'zones', cardinality(names)));
end $$;
grant execute on function app.draw_zones(text, text[], float8[], float8[], text[], text[]) to authenticated;
