-- Return the title, window and shop of the lot of a reservation, which its holder may always see.
-- Called by queries of reservations and suspended lots. Definer, because the holder may no longer be allowed to see
-- the lot itself. Only for the caller's own reservations.
create or replace function app.what_was_reserved(
    reservation uuid, out title text, out pickup_start timestamptz, out pickup_end timestamptz,
    out shop_id uuid) returns setof record
language plpgsql stable security definer set search_path = pg_catalog, pg_temp rows 1 as $$
begin
    return query
        select l.title, l.pickup_start, l.pickup_end, l.shop_id
        from app.reservations r join app.lots l on l.id = r.lot_id
        where r.id = reservation and r.account_id = app.caller();
end $$;
grant execute on function app.what_was_reserved(uuid) to authenticated;
