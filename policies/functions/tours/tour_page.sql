-- Return one tour with its stops and what is to be done there, for its collector and who may see it as its association; null
-- for any other. Verified collectors see an open tour too, but not how to get in at its stops nor whom to call.
-- Called by GET /v1/tours/{tour_id}, in one statement. Definer, because an open tour's points are nobody's yet.
create or replace function app.tour_page(tour uuid) returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    seen  app.tours;
    whole boolean;
begin
    select * into seen from app.tours t where t.id = tour;
    whole := app.caller_role() = 'admin' or tour = any (array(select app.tours_seen_by(app.caller())));
    if seen.id is null or whole is not true and not app.is_open_to_caller(seen) then return null; end if;
    return app.tour_told(seen)
        || jsonb_build_object('version', seen.version, 'stops', app.stops_told(tour, coalesce(whole, false)));
end $$;
grant execute on function app.tour_page(uuid) to authenticated;
