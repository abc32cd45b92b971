-- Return the pass of a reservation as long as it can be shown, with what its holder sees and nothing about the holder.
-- Called by the API (POST /v1/passes/show), which shows it only if the link's signature covers this code.
-- Definer and for the API alone, because whoever opens the link has not signed in.
create or replace function app.mailed_pass(
    reservation uuid, out code text, out pickup_start timestamptz, out pickup_end timestamptz, out name text,
    out address text, out latitude float8, out longitude float8, out time_zone text) returns setof record
language plpgsql stable security definer set search_path = pg_catalog, pg_temp rows 1 as $$
begin
    return query
        select p.code, l.pickup_start, l.pickup_end, s.name, s.address, s.latitude, s.longitude, s.time_zone
        from app.passes p
        join app.reservations r on r.id = p.reservation_id
        join app.lots l on l.id = r.lot_id
        join app.shops s on s.id = l.shop_id
        where r.id = reservation and r.status = 'confirmed' and l.pickup_end > app.clock();
end $$;
grant execute on function app.mailed_pass(uuid) to ecopanier_api;
