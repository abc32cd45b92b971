-- The free lot beside a discounted one is over, whatever ended it, and nobody holds anything of it any more: count what
-- was collected, the portions given first first, and decide about the rest. Where it may, it waits for another lot;
-- otherwise its gift is settled. The caller has locked that lot; done again, nothing is left to close.
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
              and coalesce(s.move_by > moment, true);
        end if;
        perform app.settle_suspended(part.suspended_lot_id);
    end loop;
end $$;
