-- Count what was collected of the given portions of a free lot that is over, and what was kept for a beneficiary who did not
-- come or cancelled too late, the oldest gift first; decide about the rest: it waits for another lot if it may move and is
-- still paid for, otherwise its gift is settled. What was kept counts as sold, as it does of paid portions
-- (docs/decisions/ledger.md), and `no_show_refund_percent` goes back to its donor.
-- Called by count_suspended, withdraw_lot and end_recalled_lot, which hold the free lot's lock; no portion of it is
-- reserved any more. Called once more, it finds nothing to close. Only the owner may execute it.
-- Locks: the gifts in the order of ids, their reservations, then payments (policies/LOCKS.md).
create or replace function app.close_suspended(beside uuid, may_move boolean) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment   timestamptz := app.clock();
    share    int := app.setting_int('no_show_refund_percent');
    uncounted int;
    waiting  int;  -- portions kept for who cancelled too late, or did not come
    absences int;  -- those of who did not come
    absent   int;  -- and of these, those not yet counted
    returned bigint;
    part     record;
    taken    int;
    kept_for int;
    missed   int;
begin
    perform from app.suspended_lots s
    where s.id in (select p.suspended_lot_id from app.suspended_portions p where p.lot_id = beside and p.collected is null)
    order by s.id for update;

    select coalesce(sum(r.quantity) filter (where r.status = 'picked_up'), 0),
           coalesce(sum(r.quantity) filter (where r.status = 'no_show' or r.status = 'cancelled' and r.ended_because = 'holder_late'), 0),
           coalesce(sum(r.quantity) filter (where r.status = 'no_show'), 0)
    into uncounted, waiting, absences from app.reservations r where r.lot_id = beside;
    absent := absences;
    for part in
        select p.reservation_id, p.suspended_lot_id, r.quantity, r.unit_price_cents
        from app.suspended_portions p join app.reservations r on r.id = p.reservation_id
        where p.lot_id = beside and p.collected is null order by r.confirmed_at, r.id
    loop
        taken := least(part.quantity, uncounted);
        uncounted := uncounted - taken;
        -- A portion whose holder cancelled too late may have gone to somebody else, and is paid once.
        kept_for := least(part.quantity - taken, waiting);
        waiting := waiting - kept_for;
        missed := least(kept_for, absent);
        -- Rounded pass by pass, as it is of paid ones, and shared out so that parts come to the whole.
        select coalesce(sum((r.quantity * part.unit_price_cents * share + 50) / 100), 0) into returned
        from app.reservations r where r.lot_id = beside and r.status = 'no_show' and share > 0;
        update app.suspended_portions p
        set collected = taken, kept = kept_for,
            given_back_cents = case when missed = 0 then 0 else
                app.share_of(returned, absences - absent + missed, absences) - app.share_of(returned, absences - absent, absences) end
        where p.reservation_id = part.reservation_id;
        absent := absent - missed;
        update app.reservations r set status = 'given', ended_at = moment, ended_because = 'window_over'
        where r.id = part.reservation_id;
        if taken + kept_for < part.quantity then
            update app.suspended_lots s
            set unclaimed = s.unclaimed + part.quantity - taken - kept_for,
                move_by = coalesce(s.move_by, moment + interval '7 days')
            where s.id = part.suspended_lot_id and s.if_unclaimed = 'move' and may_move
              and coalesce(s.move_by > moment, true)
              and exists (select from app.payments p where p.reservation_id = s.id and p.status = 'succeeded');
        end if;
        perform app.settle_suspended(part.suspended_lot_id);
    end loop;
end $$;
