-- Return a reservation as the API answers it, without the person; how to pay is added by the API.
-- Called by reserve, hold_of and cancel_reservation with the rows of the reservation and its lot. Runs as its caller
-- and without a search path of its own, so that Postgres puts the expression in place of the call.
create or replace function app.reservation_json(r app.reservations, l app.lots) returns json
language sql stable parallel safe as $$
    select json_build_object(
        'id', r.id, 'lot_id', r.lot_id, 'title', l.title, 'quantity', r.quantity, 'status', r.status,
        'unit_price_cents', r.unit_price_cents, 'total_cents', r.unit_price_cents * r.quantity,
        'hold_until', r.hold_until, 'pickup_start', l.pickup_start, 'pickup_end', l.pickup_end,
        'created_at', r.created_at)
$$;
