-- End up to `most` holds that were not paid in time; return how many. The portions go back to the lot, and the payment
-- is cancelled at Stripe.
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
            where r.status = 'held' and r.hold_until <= app.clock() order by r.hold_until limit most) x
        order by x.lot_id, x.id
    loop
        lapsed := lapsed + app.end_reservation(reservation, 'expired', 'unpaid', false, false)::int;
    end loop;
    return lapsed;
end $$;
grant execute on function app.lapse_holds(int) to ecopanier_worker;
