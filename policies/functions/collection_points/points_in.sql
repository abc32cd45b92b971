-- Return the collection points in a part of the map, or, if there are more than `most`, how many there are in each cell of
-- a grid, as GeoJSON features.
-- Called by GET /v1/collection-points, as a person. `cell` is the width of a cell in metres of the Mercator map. A part that
-- crosses the 180th meridian is asked for in two.
-- Definer, because points have policies of their own, and because counting reads nothing but the index. It lets through what
-- everybody may see of verified shops and public associations, and depots and relays; neither contacts nor access. Only
-- those who give, receive or drive food get through: merchants, collectors, associations and admins, and members.
create or replace function app.points_in(
    west float8, south float8, east float8, north float8, cell int, kinds text[], most int) returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    low   point := app.mercator(south, west);
    high  point := app.mercator(north, east);
    left_x   int := floor(low[0]);
    bottom_y int := floor(low[1]);
    right_x  int := floor(high[0]);
    top_y    int := floor(high[1]);
    -- However far in the map is, no more than some 20 cells fit along the longer side of the part.
    side     int := greatest(cell, (right_x - left_x) / 20, (top_y - bottom_y) / 20);
    several  boolean;
begin
    if app.caller_role() not in ('merchant', 'collector', 'association', 'admin')
       and not exists (select from app.shops_of(app.caller(), 'reader'))
       and not exists (select from app.associations_of(app.caller(), 'reader')) then
        raise exception 'access.forbidden' using errcode = 'EP403';
    end if;
    several := (select count(*) > most from (
        select from app.collection_points p
        where p.shown and p.closed_at is null and p.map_x between left_x and right_x and p.map_y between bottom_y and top_y
          and p.kind = any (kinds) limit most + 1) n);
    if several then
        return (select coalesce(json_agg(json_build_object(
                    'type', 'Feature',
                    'geometry', json_build_object('type', 'Point', 'coordinates', json_build_array(
                        round(degrees(n.x / 6378137)::numeric, 5),
                        round(degrees(2 * atan(exp(n.y / 6378137)) - pi() / 2)::numeric, 5))),
                    'properties', json_build_object('cluster', true, 'count', n.count)) order by n.count desc), '[]')
                from (select count(*), avg(p.map_x) x, avg(p.map_y) y from app.collection_points p
                      where p.shown and p.closed_at is null and p.map_x between left_x and right_x
                        and p.map_y between bottom_y and top_y and p.kind = any (kinds)
                      group by p.map_x / side, p.map_y / side) n);
    end if;
    return (select coalesce(json_agg(json_build_object(
                'type', 'Feature', 'id', p.id,
                'geometry', json_build_object('type', 'Point', 'coordinates', json_build_array(p.longitude, p.latitude)),
                'properties', json_build_object(
                    'cluster', false, 'kind', p.kind, 'name', p.name, 'address', p.address, 'shop_id', p.shop_id,
                    'association_id', p.association_id)) order by p.id), '[]')
            from app.collection_points p
            where p.shown and p.closed_at is null and p.map_x between left_x and right_x
              and p.map_y between bottom_y and top_y and p.kind = any (kinds));
end $$;
grant execute on function app.points_in(float8, float8, float8, float8, int, text[], int) to authenticated;
