-- Return what a forecast is made of: the day and grams of the last collections from a point, and its last reports, oldest
-- first, with its capacity and its day today, as JSON; null for a point that the caller may not see.
-- Called by GET /v1/collection-points/{point_id}/forecast, as somebody who sees the point. Not definer: policies decide what
-- of it the caller sees.
create or replace function app.history_of_point(point uuid) returns json
language sql stable set search_path = pg_catalog, pg_temp as $$
    select json_build_object(
        'capacity_grams', p.capacity_grams,
        'today', app.local_day(app.clock(), app.zone_of(p.insee_code)),
        'collections', (
            select coalesce(json_agg(json_build_array(n.day, n.grams) order by n.day), '[]')
            from (select app.local_day(c.window_start, app.zone_of(p.insee_code)) as day,
                         sum(coalesce(n.grams, c.grams))::bigint as grams
                  from app.collections c cross join lateral (
                      select sum(i.taken_grams) as grams from app.collection_items i where i.collection_id = c.id) n
                  where c.from_point = point and c.status in ('taken', 'delivered', 'received')
                  group by 1 order by 1 desc limit 60) n),
        'reports', (
            select coalesce(json_agg(json_build_array(r.day, r.percent) order by r.day), '[]')
            from (select distinct on (app.local_day(r.at, app.zone_of(p.insee_code)))
                         app.local_day(r.at, app.zone_of(p.insee_code)) as day, r.percent
                  from app.point_reports r where r.point_id = point
                  order by 1 desc, r.at desc limit 60) r))
    from app.collection_points p where p.id = point
$$;
grant execute on function app.history_of_point(uuid) to authenticated;
