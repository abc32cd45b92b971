-- Return what planning needs to know of a collector, with when they drive on a day and in the nights around it,
-- apart from the tours in `beside`.
-- Called by begin_plan and tour_to_reorder. Only the owner may execute it.
create or replace function app.planned_collector(p app.collector_profiles, day date, beside uuid[]) returns json
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select json_build_object(
        'id', p.collector_id, 'most_grams', p.most_grams, 'crates', p.crates, 'cold_crates', p.cold_crates,
        'professional', p.professional, 'speed_kmh', p.speed_kmh, 'farthest_metres', p.farthest_metres,
        'parking_seconds', p.parking_seconds, 'latitude', p.latitude, 'longitude', p.longitude,
        'zone', app.zone_at(p.latitude, p.longitude), 'radius_metres', p.radius_metres, 'vehicle', p.vehicle,
        'returns_to_start', p.returns_to_start, 'hours', p.hours,
        'busy', (select coalesce(json_agg(json_build_array(o.begins_at, o.ends_at) order by o.begins_at), '[]')
                 from app.tours o
                 where o.collector_id = p.collector_id and o.day between planned_collector.day - 1 and planned_collector.day + 1
                   and o.id <> all (beside)
                   and o.status in ('proposed', 'accepted', 'under_way', 'done')))
$$;
