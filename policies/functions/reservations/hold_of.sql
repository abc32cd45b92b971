-- Return the payment of a hold that its first request could not finish, so that a repeated request goes on with it.
-- Raises reservation.over unless the hold is still running: after a day Stripe would make a new payment, which nobody
-- would give up. Called by reserve, take_offer and suspend_lot. Takes no lock.
create or replace function app.hold_of(
    holder uuid, reservation uuid, out payment_id uuid, out amount_cents int, out body text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    select p.id, p.amount_cents, app.reservation_json(r, l) into payment_id, amount_cents, body
    from app.reservations r join app.payments p on p.reservation_id = r.id join app.lots l on l.id = r.lot_id
    where r.id = reservation and r.account_id = holder and r.status = 'held' and r.hold_until > app.clock();
    if not found then raise exception 'reservation.over' using errcode = 'EP409'; end if;
end $$;
