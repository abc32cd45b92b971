-- A reservation as the API answers it, without the person.
create or replace function app.reservation_json(reservation uuid) returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (
        select json_build_object(
            'id', r.id, 'lot_id', r.lot_id, 'title', l.title, 'quantity', r.quantity, 'status', r.status,
            'unit_price_cents', r.unit_price_cents, 'total_cents', r.unit_price_cents * r.quantity,
            'hold_until', r.hold_until, 'pickup_start', l.pickup_start, 'pickup_end', l.pickup_end,
            'created_at', r.created_at)
        from app.reservations r join app.lots l on l.id = r.lot_id where r.id = reservation);
end $$;
