-- Return what an order of a tour is checked against: its collections, its collector, its stops with their tasks, and its
-- version; null where the caller may not reorder it.
-- Called by PUT /v1/tours/{tour_id}/order, as its collector or who operates it. The tour must have a collector and must not
-- have begun, else EP409. Definer, because a profile is its collector's alone: what leaves is used for the check only.
create or replace function app.tour_to_reorder(tour uuid) returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    seen       app.tours;
    day_begins timestamptz;
begin
    select * into seen from app.tours t where t.id = tour;
    if seen.id is null or seen.collector_id is distinct from app.caller() and not app.operates_tour(seen) then
        raise exception 'tour.not_found' using errcode = 'EP404';
    end if;
    if seen.collector_id is null or seen.status not in ('proposed', 'accepted') then
        raise exception 'tour.begun' using errcode = 'EP409';
    end if;
    day_begins := seen.day::timestamp at time zone app.zone_of_operator(seen.association_id);
    return json_build_object(
        'version', seen.version,
        'stops', (select json_agg(json_build_object('number', s.number, 'tasks', (
                      select coalesce(json_agg(json_build_object('collection_id', k.collection_id, 'kind', k.kind)
                                               order by k.collection_id), '[]')
                      from app.stop_tasks k where k.tour_id = tour and k.number = s.number and k.living))
                      order by s.number)
                  from app.tour_stops s where s.tour_id = tour),
        'day', json_build_object(
            'day', seen.day, 'now', app.clock(), 'day_begins', day_begins,
            'day_ends', app.end_of_day(seen.day, app.zone_of_operator(seen.association_id)), 'seconds', 1,
            'chilled_ride_seconds', app.setting_int('chilled_ride_minutes') * 60,
            'road_factor', app.setting_int('road_factor_percent') / 100.0,
            'portion_grams', app.setting_int('meal_grams'), 'crate_grams', app.setting_int('crate_grams'),
            'collections', (select coalesce(json_agg(app.planned_collection(c) order by c.id), '[]')
                            from app.collections c
                            where c.id in (select k.collection_id from app.stop_tasks k
                                           where k.tour_id = tour and k.living)),
            'collectors', (select coalesce(json_agg(app.planned_collector(p, seen.day, array[tour])), '[]')
                           from app.collector_profiles p where p.collector_id = seen.collector_id)));
end $$;
grant execute on function app.tour_to_reorder(uuid) to authenticated;
