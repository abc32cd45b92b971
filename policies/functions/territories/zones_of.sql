-- Return the zones of a commune now and from the following month on, as JSON, or null if there is no such commune.
-- Called by GET /v1/admin/zones/{commune}, as an admin. Definer, because nobody is granted the tables.
create or replace function app.zones_of(wanted text) returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    today date := app.paris_day(app.clock());
begin
    perform app.require_role(app.caller(), 'admin');
    return (
        select json_build_object('commune', c.code, 'zones', coalesce((
            select json_agg(json_build_object(
                'code', t.code, 'name', t.name, 'valid_from', z.valid_from, 'valid_until', z.valid_until,
                'geometry', z.geojson) order by z.valid_from, t.name)
            from app.zone_shapes z join app.territories t on t.code = z.code
            where z.commune = c.code and (z.valid_until is null or z.valid_until > today)), '[]'))
        from app.territories c where c.code = wanted and c.kind = 'commune');
end $$;
grant execute on function app.zones_of(text) to authenticated;
