-- Decline a tour that was offered, or drop out of one that was accepted and has not begun. It is then open to any verified
-- collector, and its collections are accepted but not scheduled.
-- Called by POST /v1/tours/{tour_id}/decline, as its collector.
-- Definer, because no role may write tours or collections. Locks: as hold_tour.
create or replace function app.decline_tour(tour uuid, why text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    held app.tours := app.hold_tour(tour);
begin
    if held.id is null or held.collector_id is distinct from app.caller() then
        raise exception 'tour.not_found' using errcode = 'EP404';
    end if;
    if held.status not in ('proposed', 'accepted') then raise exception 'tour.begun' using errcode = 'EP409'; end if;
    update app.tours t set collector_id = null, status = 'proposed', accepted_at = null, reason = why,
        opened_at = coalesce(t.opened_at, app.clock()),
        version = t.version + 1, sequence = t.sequence + 1
    where t.id = tour;
    perform app.free_collections(tour, array(select k.collection_id from app.stop_tasks k
                                             where k.tour_id = tour and k.living), why);
    perform app.tell_of_tour(t, 'tour_open') from app.tours t where t.id = tour;
    perform app.note('tour.declined', 'tour', tour);
end $$;
grant execute on function app.decline_tour(uuid, text) to authenticated;
