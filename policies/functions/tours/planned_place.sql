-- Return what planning needs to know of a point.
-- Called by planned_collection. Only the owner may execute it.
create or replace function app.planned_place(p app.collection_points) returns json
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select json_build_object('id', p.id, 'latitude', p.latitude, 'longitude', p.longitude, 'hours', p.opening_hours,
                             'zone', app.zone_at(p.latitude, p.longitude), 'seconds', p.service_seconds)
$$;
