-- Start a tour that was accepted.
-- Called by POST /v1/tours/{tour_id}/start, as its collector, who drives one tour at a time.
-- Definer, because no role may write tours. Locks: as hold_tour.
create or replace function app.start_tour(tour uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    held app.tours := app.hold_tour(tour);
begin
    if held.id is null or held.collector_id is distinct from app.caller() then
        raise exception 'tour.not_found' using errcode = 'EP404';
    end if;
    if held.status = 'under_way' then return; end if;
    if held.status <> 'accepted' then raise exception 'tour.not_accepted' using errcode = 'EP409'; end if;
    begin
        update app.tours t set status = 'under_way', started_at = app.clock(), version = t.version + 1 where t.id = tour;
    exception when unique_violation then
        raise exception 'tour.another_under_way' using errcode = 'EP409';
    end;
    perform app.note('tour.started', 'tour', tour);
end $$;
grant execute on function app.start_tour(uuid) to authenticated;
