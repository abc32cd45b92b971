-- Write the stops of a tour in another order, with their new times. Steps were not yet reported: the tour has not begun.
-- Called by PUT /v1/tours/{tour_id}/order, once the order was checked, with the version that it was checked against: if the
-- tour changed since, raises try_again. Times and length come from the caller, who may only move stops of a tour of theirs.
-- Definer, because no role may write tours. Locks: as hold_tour.
create or replace function app.reorder_tour(tour uuid, version int, made jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    held   app.tours := app.hold_tour(tour);
    before text[];
    inside uuid[];
begin
    if held.id is null or held.collector_id is distinct from app.caller() and not app.operates_tour(held) then
        raise exception 'tour.not_found' using errcode = 'EP404';
    end if;
    if held.status not in ('proposed', 'accepted')
       or exists (select from app.tour_steps s where s.tour_id = tour) then
        raise exception 'tour.begun' using errcode = 'EP409';
    end if;
    if held.version <> reorder_tour.version then raise exception 'try_again' using errcode = 'EP503'; end if;
    before := array(select k.collection_id || k.kind || s.point_id
                    from app.stop_tasks k join app.tour_stops s on s.tour_id = tour and s.number = k.number
                    where k.tour_id = tour and k.living order by 1);
    inside := array(select distinct k.collection_id from app.stop_tasks k where k.tour_id = tour and k.living);
    delete from app.tour_stops s where s.tour_id = tour;
    perform app.write_stops(tour, made -> 'stops', inside);
    if before is distinct from array(select k.collection_id || k.kind || s.point_id
                                     from app.stop_tasks k join app.tour_stops s on s.tour_id = tour and s.number = k.number
                                     where k.tour_id = tour and k.living order by 1) then
        raise exception 'tour.not_found' using errcode = 'EP404';
    end if;
    update app.tours t set begins_at = (made ->> 'begins_at')::timestamptz, ends_at = (made ->> 'ends_at')::timestamptz,
        metres = (made ->> 'metres')::int, planner = 'person', version = t.version + 1, sequence = t.sequence + 1
    where t.id = tour;
    perform app.note('tour.reordered', 'tour', tour);
end $$;
grant execute on function app.reorder_tour(uuid, int, jsonb) to authenticated;
