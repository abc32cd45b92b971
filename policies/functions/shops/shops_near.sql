-- Return up to `most` verified shops in the order of their distance from a place, after a distance and an id.
-- Called by GET /v1/shops?near=, as the API, for anybody. Takes degrees; distances are in metres on the map, of which one
-- has `scale` metres on the ground.
-- Definer: under row-level security the distance may not use the index, because its operator is not leakproof. It lets
-- through what everybody sees of verified shops.
create or replace function app.shops_near(
    from_latitude float8, from_longitude float8, after_distance float8, after_id uuid, most int)
returns table (id uuid, name text, address text, latitude float8, longitude float8, category text, time_zone text,
               insee_code text, photo_id uuid, distance float8, distance_m int)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    here  point := app.mercator(from_latitude, from_longitude);
    scale float8 := cos(radians(from_latitude));
begin
    return query
    select s.id, s.name, s.address, s.latitude, s.longitude, s.category, s.time_zone, s.insee_code, s.photo_id,
           s.place <-> here, round((s.place <-> here) * scale)::int
    from app.shops s
    where s.status = 'verified' and (s.place <-> here, s.id) > (after_distance, after_id)
    order by s.place <-> here, s.id limit most;
end $$;
grant execute on function app.shops_near(float8, float8, float8, uuid, int) to ecopanier_api;
