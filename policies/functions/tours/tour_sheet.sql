-- Return what a tour's sheet says, as JSON: its stops in order with where they are, whom to call there, how to get in, and
-- what to take and to leave, item by item, with the legal temperatures of the day; null for a tour that is not the caller's.
-- Called by GET /v1/tours/{tour_id}/sheet and sheet.pdf, as the tour's collector, a member of the association that planned
-- it, or an admin. Contacts and access are left out of a tour that was declined or cancelled.
-- Definer, because the points of received collections are nobody's any more under their policies, while the sheet stays.
-- It reads nothing about beneficiaries.
create or replace function app.tour_sheet(tour uuid) returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    seen   app.tours;
    living boolean;
begin
    select t.* into seen from app.tours t
    where t.id = tour_sheet.tour
      and (app.caller_role() = 'admin' or t.id = any (array(select app.tours_seen_by(app.caller()))));
    if seen.id is null then return null; end if;
    living := seen.status not in ('declined', 'cancelled');
    return json_build_object(
        'id', seen.id, 'day', seen.day, 'status', seen.status, 'begins_at', seen.begins_at, 'ends_at', seen.ends_at,
        'signed', exists (select from app.signed_sheets g where g.tour_id = seen.id and g.bytes is not null),
        'metres', seen.metres, 'mine', seen.collector_id is not distinct from app.caller(),
        'association', (select a.name from app.associations a where a.id = seen.association_id),
        'vehicle', (select p.vehicle from app.collector_profiles p where p.collector_id = seen.collector_id),
        'stops', (select coalesce(json_agg(json_build_object(
            'number', s.number, 'name', p.name, 'address', p.address, 'latitude', p.latitude, 'longitude', p.longitude,
            'zone', app.zone_of(p.insee_code), 'opening_hours', p.opening_hours,
            'access', case when living then p.access else '' end,
            'contacts', case when living then p.contacts else '[]' end,
            'arrives_at', s.arrives_at, 'leaves_at', s.leaves_at, 'state', s.state, 'arrived_at', s.arrived_at,
            'ended_at', s.ended_at,
            'tasks', (select coalesce(json_agg(json_build_object(
                'collection_id', c.id, 'kind', k.kind, 'status', c.status, 'cold', c.cold,
                'giver', giver.name, 'receiver', receiver.name,
                'notes', case when living then c.notes else '' end,
                'items', (select coalesce(json_agg(json_build_object(
                    'id', i.id, 'title', i.title, 'grams', i.grams, 'crates', i.crates, 'portions', i.portions,
                    'date_kind', i.date_kind, 'food_date', i.food_date, 'least', l.least, 'most', l.most,
                    'taken_grams', i.taken_grams, 'taken_crates', i.taken_crates, 'taken_portions', i.taken_portions,
                    'left_grams', i.left_grams, 'left_crates', i.left_crates, 'left_portions', i.left_portions,
                    'frozen_because', i.frozen_because) order by i.title, i.id), '[]')
                    from app.collection_items i
                    cross join lateral (
                        select g.lowest as least, g.highest as most from app.temperature_limit_of(i, seen.day) g) l
                    where i.collection_id = c.id)) order by k.kind desc, c.id), '[]')
                from app.stop_tasks k join app.collections c on c.id = k.collection_id
                join app.collection_points giver on giver.id = c.from_point
                left join app.collection_points receiver on receiver.id = c.to_point
                where k.tour_id = seen.id and k.number = s.number and (k.living or k.ended_by is not null)))
            order by s.number), '[]')
        from app.tour_stops s join app.collection_points p on p.id = s.point_id
        where s.tour_id = seen.id));
end $$;
grant execute on function app.tour_sheet(uuid) to authenticated;
