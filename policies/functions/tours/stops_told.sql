-- Return the stops of a tour in order with what is to be taken and left there. `whole`: also how to get in, whom to call and
-- what was noted, which those who only see an open tour are not told. Nor are they told the name and the place of an
-- association that is not public: its name is null and its address empty.
-- Called by tour_page and tours_on. Only the owner may execute it.
create or replace function app.stops_told(tour uuid, whole boolean) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select coalesce(jsonb_agg(jsonb_build_object(
        'number', s.number, 'point_id', s.point_id, 'name', case when n.told then p.name end,
        'address', case when n.told then p.address else '' end, 'latitude', case when n.told then p.latitude end,
        'longitude', case when n.told then p.longitude end, 'access', case when whole then p.access else '' end,
        'contacts', case when whole then p.contacts else '[]' end, 'arrives_at', s.arrives_at,
        'leaves_at', s.leaves_at, 'state', s.state, 'arrived_at', s.arrived_at, 'ended_at', s.ended_at,
        'tasks', (select coalesce(jsonb_agg(jsonb_build_object(
                'collection_id', c.id, 'kind', k.kind, 'status', c.status, 'window_start', c.window_start,
                'window_end', c.window_end, 'grams', c.grams, 'crates', c.crates, 'portions', c.portions,
                'cold', c.cold, 'notes', case when whole then c.notes else '' end) order by c.id), '[]')
            from app.stop_tasks k join app.collections c on c.id = k.collection_id
            where k.tour_id = s.tour_id and k.number = s.number and k.living)) order by s.number), '[]')
    from app.tour_stops s join app.collection_points p on p.id = s.point_id
    cross join lateral (select whole or p.shown or p.kind <> 'association' as told) n
    where s.tour_id = tour
$$;
