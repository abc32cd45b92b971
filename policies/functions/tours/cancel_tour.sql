-- Cancel a tour that has not begun. Its collections are accepted again and wait for another tour.
-- Called by POST /v1/tours/{tour_id}/cancel, as who operates it.
-- Definer, because no role may write tours or collections. Locks: as hold_tour.
create or replace function app.cancel_tour(tour uuid, why text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    held app.tours := app.hold_tour(tour);
begin
    if held.id is null or not app.operates_tour(held) then
        raise exception 'tour.not_found' using errcode = 'EP404';
    end if;
    if held.status = 'cancelled' then return; end if;
    if held.status not in ('proposed', 'accepted') then raise exception 'tour.begun' using errcode = 'EP409'; end if;
    perform app.free_collections(tour, array(select k.collection_id from app.stop_tasks k
                                             where k.tour_id = tour and k.living), why);
    update app.stop_tasks k set living = false where k.tour_id = tour and k.living;
    update app.tours t set status = 'cancelled', reason = why, version = t.version + 1, sequence = t.sequence + 1
    where t.id = tour;
    perform app.tell_of_tour(t, 'tour_cancelled') from app.tours t where t.id = tour;
    perform app.note('tour.cancelled', 'tour', tour);
end $$;
grant execute on function app.cancel_tour(uuid, text) to authenticated;
