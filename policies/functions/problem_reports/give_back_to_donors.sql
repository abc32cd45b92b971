-- Refund to donors a percentage of the price of given portions that were collected, or kept for somebody who did not come.
-- Returns the cents.
-- Called by give_back_reported for a lot whose portions are counted. The gifts count from the oldest on. Donors read how
-- much, never of whom. Only the owner may execute it.
-- Raises lock_not_available, as for a locked row, while one of the gifts is being refunded; and if the lot was closed
-- without waiting for the decision, until everything of these gifts is closed: a refund takes held money first, and that
-- of a gift that moved on belongs to another lot.
-- Locks: the gifts in the order of ids, then their payments, without waiting.
create or replace function app.give_back_to_donors(report uuid, beside uuid, portions int, share int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    gifts  uuid[] := array(select distinct t.suspended_lot_id from app.suspended_portions t
                           where t.lot_id = beside and t.collected + t.kept > t.given_back order by 1);
    missing int := portions;
    part   record;
    taken  int;
    cents  int;
    total  int := 0;
    worth  int;
    p      app.payments;
begin
    perform from app.suspended_lots s where s.id = any (gifts) order by s.id for update nowait;
    perform from app.payments x where x.reservation_id = any (gifts) order by x.id for update nowait;
    -- Of a refund under way Stripe may have been asked already, for less than would be owed then.
    if exists (select from app.payments x where x.reservation_id = any (gifts) and x.status = 'refund_due') then
        raise exception 'refunded meanwhile' using errcode = 'lock_not_available';
    end if;
    if exists (select from app.lots b join accounting.closed_lots f on f.lot_id = b.suspended_from where b.id = beside)
       and exists (select from app.suspended_lots s
                   where s.id = any (gifts)
                     and (s.settled_at is null
                          or exists (select from app.suspended_portions t
                                     join app.reservations r on r.id = t.reservation_id
                                     join app.lots_to_close z on z.lot_id = r.lot_id
                                     where t.suspended_lot_id = s.id))) then
        raise exception 'not closed yet' using errcode = 'lock_not_available';
    end if;
    for part in
        select t.reservation_id, t.suspended_lot_id, t.collected + t.kept - t.given_back as open, r.unit_price_cents, s.settled_at
        from app.suspended_portions t join app.reservations r on r.id = t.reservation_id
        join app.suspended_lots s on s.id = t.suspended_lot_id
        where t.lot_id = beside and t.collected + t.kept > t.given_back order by r.confirmed_at, r.id
    loop
        exit when missing = 0;
        taken := least(missing, part.open);
        missing := missing - taken;
        -- Rounded once for all portions of the pass, as it is of a paid one.
        cents := round((portions - missing) * part.unit_price_cents * share / 100.0)
                 - round((portions - missing - taken) * part.unit_price_cents * share / 100.0);
        update app.suspended_portions t set given_back = t.given_back + taken, given_back_cents = t.given_back_cents + cents
        where t.reservation_id = part.reservation_id;

        select x.* into p from app.payments x where x.reservation_id = part.suspended_lot_id;
        -- Refunded in full already, by whomever, or in the books of a donor who was erased.
        continue when not found or cents = 0
            or p.status not in ('succeeded', 'refund_due', 'refunded') or p.status <> 'succeeded' and p.refund_cents is null;
        total := total + cents;
        continue when part.settled_at is null;
        worth := app.worth_of_gift(part.suspended_lot_id);
        update app.payments x
        set status = 'refund_due', refund_cents = x.amount_cents - worth, stripe_refund = null, refusals = 0, looked_at = app.clock()
        where x.id = p.id and x.amount_cents > worth;
        perform app.defer('payments.carry_forward', jsonb_build_object('payment_id', p.id));
        perform app.notify(r.account_id, 'suspended_lot_given_back',
                           jsonb_build_object('lot', app.lot_told(r.lot_id), 'refund_cents', cents), report::text, null, r.id)
        from app.reservations r where r.id = part.suspended_lot_id;
    end loop;
    return total;
end $$;
