-- Close a tour whose stops are all over, with what was driven, if the collector says so.
-- Called by POST /v1/tours/{tour_id}/close, as its collector or who operates it.
-- Definer, because no role may write tours. Locks: as hold_tour.
create or replace function app.close_tour(tour uuid, driven int) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    held app.tours := app.hold_tour(tour);
begin
    if held.id is null or held.collector_id is distinct from app.caller() and not app.operates_tour(held) then
        raise exception 'tour.not_found' using errcode = 'EP404';
    end if;
    if held.status = 'closed' then return; end if;
    if held.status not in ('under_way', 'done') then raise exception 'tour.not_begun' using errcode = 'EP409'; end if;
    if exists (select from app.tour_stops s
               where s.tour_id = tour and s.state in ('ahead', 'arrived')
                 and exists (select from app.stop_tasks k
                             where k.tour_id = tour and k.number = s.number and k.living)) then
        raise exception 'tour.stops_ahead' using errcode = 'EP409';
    end if;
    update app.tours t set status = 'closed', closed_at = app.clock(), done_at = coalesce(t.done_at, app.clock()),
        driven_metres = coalesce(driven, t.driven_metres), version = t.version + 1
    where t.id = tour;
    perform app.note('tour.closed', 'tour', tour);
end $$;
grant execute on function app.close_tour(uuid, int) to authenticated;
