-- Count what was collected of the given portions of a free lot that is over, the oldest gift first, and decide about
-- the rest: it waits for another lot if it may move and is still paid for, otherwise its gift is settled.
-- Called by count_suspended, withdraw_lot and end_recalled_lot, which hold the free lot's lock; no portion of it is
-- reserved any more. Called once more, it finds nothing to close. Only the owner may execute it.
-- Locks: the gifts in the order of ids, their reservations, then payments (policies/LOCKS.md).
create or replace function app.close_suspended(beside uuid, may_move boolean) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment   timestamptz := app.clock();
    uncounted int;
    part     record;
    taken    int;
begin
    perform from app.suspended_lots s
    where s.id in (select p.suspended_lot_id from app.suspended_portions p where p.lot_id = beside and p.collected is null)
    order by s.id for update;

    select coalesce(sum(r.quantity), 0) into uncounted from app.reservations r
    where r.lot_id = beside and r.status = 'picked_up';
    for part in
        select p.reservation_id, p.suspended_lot_id, r.quantity
        from app.suspended_portions p join app.reservations r on r.id = p.reservation_id
        where p.lot_id = beside and p.collected is null order by r.confirmed_at, r.id
    loop
        taken := least(part.quantity, uncounted);
        uncounted := uncounted - taken;
        update app.suspended_portions p set collected = taken where p.reservation_id = part.reservation_id;
        update app.reservations r set status = 'given', ended_at = moment, ended_because = 'window_over'
        where r.id = part.reservation_id;
        if taken < part.quantity then
            update app.suspended_lots s
            set unclaimed = s.unclaimed + part.quantity - taken,
                move_by = coalesce(s.move_by, moment + interval '7 days')
            where s.id = part.suspended_lot_id and s.if_unclaimed = 'move' and may_move
              and coalesce(s.move_by > moment, true)
              and exists (select from app.payments p where p.reservation_id = s.id and p.status = 'succeeded');
        end if;
        perform app.settle_suspended(part.suspended_lot_id);
    end loop;
end $$;
