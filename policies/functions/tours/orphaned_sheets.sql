-- Return the tours whose signed sheet is to be removed, at most so many: those that are gone, and those whose file did not
-- come within a day.
-- Called by the worker's hourly job tours.remove_sheets. Definer, because the worker reads no signed sheets; only it may
-- execute it.
create or replace function app.orphaned_sheets(most int) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
        select s.tour_id from app.signed_sheets s
        where not exists (select from app.tours t where t.id = s.tour_id)
           or s.bytes is null and s.begun_at < app.clock() - interval '1 day'
        order by s.begun_at limit most;
end $$;
grant execute on function app.orphaned_sheets(int) to ecopanier_worker;
