-- Note that the file of a tour's signed sheet has been stored; it replaces an earlier one.
-- Called by PUT /v1/tours/{tour_id}/signed-sheet after the file was stored, as whoever began it.
-- Definer, because no role may write signed sheets. Locks: the signed sheet.
create or replace function app.signed_sheet_kept(tour uuid, bytes int) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    found app.tours;
begin
    select t.* into found from app.tours t where t.id = tour;
    if found.id is null or found.collector_id is distinct from app.caller() and not app.operates_tour(found) then
        raise exception 'tour.not_found' using errcode = 'EP404';
    end if;
    update app.signed_sheets s set bytes = signed_sheet_kept.bytes, kept_at = app.clock() where s.tour_id = tour;
    perform app.note('tour.sheet_signed', 'tour', tour);
end $$;
grant execute on function app.signed_sheet_kept(uuid, int) to authenticated;
