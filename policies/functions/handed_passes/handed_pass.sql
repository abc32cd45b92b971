-- Return the pass that a token opens, as long as it can be shown, with what its holder sees and nothing about the
-- holder.
-- Called by the API (POST /v1/handed-passes/show). Definer and for the API alone, because whoever asks needs no
-- account.
create or replace function app.handed_pass(
    token bytea, out code text, out pickup_start timestamptz, out pickup_end timestamptz, out name text,
    out address text, out latitude float8, out longitude float8, out time_zone text) returns setof record
language plpgsql stable security definer set search_path = pg_catalog, pg_temp rows 1 as $$
begin
    return query
        select p.code, l.pickup_start, l.pickup_end, s.name, s.address, s.latitude, s.longitude,
               s.time_zone
        from app.handed_passes h
        join app.passes p on p.reservation_id = h.reservation_id
        join app.reservations r on r.id = h.reservation_id
        join app.lots l on l.id = r.lot_id
        join app.shops s on s.id = l.shop_id
        where h.token_hash = token and r.status = 'confirmed' and l.pickup_end > app.clock();
end $$;
grant execute on function app.handed_pass(bytea) to ecopanier_api;
