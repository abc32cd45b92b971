-- Write the stops of a tour with their tasks, numbered from 1, without collections that are not `usable` and without stops
-- at which nothing is left to do.
-- Called by write_plan and reorder_tour, which hold the collections and the tour. Only the owner may execute it.
create or replace function app.write_stops(tour uuid, stops jsonb, usable uuid[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    with wanted as (
        select row_number() over (order by at)::int as number, s
        from jsonb_array_elements(stops) with ordinality e(s, at)
        where exists (select from jsonb_array_elements(s -> 'tasks') k
                      where (k ->> 'collection_id')::uuid = any (usable))
    ), written as (
        insert into app.tour_stops (tour_id, number, point_id, arrives_at, leaves_at)
        select tour, number, (s ->> 'point_id')::uuid, (s ->> 'arrives_at')::timestamptz, (s ->> 'leaves_at')::timestamptz
        from wanted
        returning number
    )
    insert into app.stop_tasks (tour_id, number, collection_id, kind)
    select tour, w.number, (k ->> 'collection_id')::uuid, k ->> 'kind'
    from written t join wanted w on w.number = t.number, jsonb_array_elements(w.s -> 'tasks') k
    where (k ->> 'collection_id')::uuid = any (usable);
end $$;
