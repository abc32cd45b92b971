-- Return up to `most` public associations in the order of their distance from a place, after a distance and an id.
-- Called by GET /v1/associations?near=, as the API, for anybody. Takes degrees; distances are in metres on the map, of which
-- one has `scale` metres on the ground.
-- Definer, because strangers see no rows of associations. It lets through what the association wants to show.
create or replace function app.associations_near(
    from_latitude float8, from_longitude float8, after_distance float8, after_id uuid, most int)
returns table (id uuid, name text, address text, insee_code text, latitude float8, longitude float8, photo_id uuid,
               distance float8, distance_m int)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    here  point := app.mercator(from_latitude, from_longitude);
    scale float8 := cos(radians(from_latitude));
begin
    return query
    select a.id, a.name, a.address, a.insee_code, a.latitude, a.longitude, a.photo_id,
           a.place <-> here, round((a.place <-> here) * scale)::int
    from app.associations a
    where a.status = 'verified' and a.is_public and a.place is not null and app.is_shown(a)
      and (a.place <-> here, a.id) > (after_distance, after_id)
    order by a.place <-> here, a.id limit most;
end $$;
grant execute on function app.associations_near(float8, float8, float8, uuid, int) to ecopanier_api;
