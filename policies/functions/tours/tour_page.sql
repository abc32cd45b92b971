-- Return one tour with its stops and what is to be done there, for its collector and who may see it as its association; null
-- for any other. Verified collectors see an open tour too, but not how to get in at its stops nor whom to call.
-- Called by GET /v1/tours/{tour_id}, in one statement. Definer, because an open tour's points are nobody's yet.
create or replace function app.tour_page(tour uuid) returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    seen  app.tours;
    whole boolean;
begin
    select * into seen from app.tours t where t.id = tour;
    whole := app.caller_role() = 'admin' or tour = any (array(select app.tours_seen_by(app.caller())));
    if seen.id is null or whole is not true and not app.is_open_to_caller(seen) then return null; end if;
    return app.tour_told(seen) || jsonb_build_object('version', seen.version, 'stops', (
        select coalesce(jsonb_agg(jsonb_build_object(
            'number', s.number, 'point_id', s.point_id, 'name', p.name, 'address', p.address, 'latitude', p.latitude,
            'longitude', p.longitude, 'access', case when whole then p.access else '' end,
            'contacts', case when whole then p.contacts else '[]' end, 'arrives_at', s.arrives_at,
            'leaves_at', s.leaves_at, 'state', s.state, 'arrived_at', s.arrived_at, 'ended_at', s.ended_at,
            'tasks', (select coalesce(jsonb_agg(jsonb_build_object(
                    'collection_id', c.id, 'kind', k.kind, 'status', c.status, 'window_start', c.window_start,
                    'window_end', c.window_end, 'grams', c.grams, 'crates', c.crates, 'portions', c.portions,
                    'cold', c.cold, 'notes', case when whole then c.notes else '' end) order by c.id), '[]')
                from app.stop_tasks k join app.collections c on c.id = k.collection_id
                where k.tour_id = tour and k.number = s.number and k.living)) order by s.number), '[]')
        from app.tour_stops s join app.collection_points p on p.id = s.point_id
        where s.tour_id = tour));
end $$;
grant execute on function app.tour_page(uuid) to authenticated;
