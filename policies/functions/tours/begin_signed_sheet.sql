-- Note that the signed sheet of a tour is about to be stored.
-- Called by PUT /v1/tours/{tour_id}/signed-sheet before the file is stored, as the tour's collector or whoever operates it.
-- The tour has begun. Definer, because no role may write signed sheets. Locks: the signed sheet.
create or replace function app.begin_signed_sheet(tour uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    found app.tours;
begin
    select t.* into found from app.tours t where t.id = tour;
    if found.id is null or found.collector_id is distinct from app.caller() and not app.operates_tour(found) then
        raise exception 'tour.not_found' using errcode = 'EP404';
    end if;
    if found.status not in ('under_way', 'done', 'closed') then
        raise exception 'tour.not_begun' using errcode = 'EP409';
    end if;
    insert into app.signed_sheets (tour_id, begun_at) values (tour, app.clock())
    on conflict (tour_id) do update set begun_at = excluded.begun_at;
end $$;
grant execute on function app.begin_signed_sheet(uuid) to authenticated;
