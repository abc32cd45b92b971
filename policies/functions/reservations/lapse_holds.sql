-- End up to `most` holds that were not paid in time; return how many. The portions go back to the lot, and the payment
-- is cancelled at Stripe. A hold that Stripe has said is paid waits for payments.look_at_intent, at most five minutes:
-- after the worker was stopped, its jobs come later than this act, and whoever paid in time would lose the portions.
-- Called by the worker every 5 seconds. Definer, because it writes everybody's reservations; only the worker may
-- execute it.
-- Locks: lots, reservations and payments (end_reservation), in the order of lots (policies/LOCKS.md).
create or replace function app.lapse_holds(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    reservation uuid;
    lapsed      int := 0;
begin
    for reservation in
        select x.id from (
            select r.id, r.lot_id from app.reservations r
            where r.status = 'held' and r.hold_until <= app.clock()
              and not (r.hold_until > app.clock() - interval '5 minutes' and exists (
                  select from app.payments p join app.stripe_events e on e.stripe_payment_intent = p.stripe_payment_intent
                  where p.reservation_id = r.id and e.type = 'payment_intent.succeeded'))
            order by r.hold_until limit most) x
        order by x.lot_id, x.id
    loop
        lapsed := lapsed + app.end_reservation(reservation, 'expired', 'unpaid', false, false)::int;
    end loop;
    return lapsed;
end $$;
grant execute on function app.lapse_holds(int) to ecopanier_worker;
