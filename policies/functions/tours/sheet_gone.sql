-- Delete the row of a signed sheet whose file has been removed.
-- Called by the worker, for each one that orphaned_sheets returned. Definer, because nobody may delete signed sheets; only
-- the worker may execute it, and one that came meanwhile stays. Locks: the signed sheet.
create or replace function app.sheet_gone(tour uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    delete from app.signed_sheets s
    where s.tour_id = tour
      and (s.bytes is null and s.begun_at < app.clock() - interval '1 day'
           or not exists (select from app.tours t where t.id = s.tour_id));
end $$;
grant execute on function app.sheet_gone(uuid) to ecopanier_worker;
