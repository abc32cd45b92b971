-- End a gift whose money a person gave back in full in Stripe's dashboard.
-- Called by settle_payment, and by take_back_refunded for portions that came back later. Portions that nobody has
-- reserved go back from the free lot to the discounted one, and its shop is told. Portions that a beneficiary has
-- reserved, or that are kept for one, stay theirs unless they are cancelled (docs/decisions/refunds-elsewhere.md).
-- Called once more, it finds nothing to take back.
-- Only the owner may execute it.
-- Locks: the lots of the gift's portions with the free lots beside them in the order of ids, the gift, reservations,
-- the payment (policies/LOCKS.md). If the gift moved to another lot meanwhile, it lets go of all and begins anew.
create or replace function app.gift_refunded(gift uuid, refunded int, refund text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment  timestamptz := app.clock();
    locked  uuid[];
    part    record;
    back    int;
    rest    uuid;
begin
    loop
        begin
            locked := array(select x from app.suspended_portions p join app.reservations r on r.id = p.reservation_id,
                            unnest(array[r.lot_id, p.lot_id]) x
                            where p.suspended_lot_id = gift and p.collected is null order by x);
            perform from app.lot_stock s where s.lot_id = any (locked) order by s.lot_id for update;
            perform from app.suspended_lots s where s.id = gift for update;
            if exists (select from app.suspended_portions p
                       where p.suspended_lot_id = gift and p.collected is null and p.lot_id <> all (locked)) then
                raise exception 'moved meanwhile' using errcode = 'lock_not_available';
            end if;
            exit;
        exception when lock_not_available then
            null;
        end;
    end loop;

    update app.suspended_lots s set if_unclaimed = 'refund', unclaimed = 0, version = s.version + 1 where s.id = gift;
    for part in
        select r.*, p.lot_id as beside
        from app.suspended_portions p join app.reservations r on r.id = p.reservation_id join app.lots l on l.id = p.lot_id
        where p.suspended_lot_id = gift and p.collected is null and l.status in ('published', 'paused')
        order by r.id
    loop
        -- Read for each part: the part before may have taken some of the same free lot.
        back := least((select s.remaining from app.lot_stock s where s.lot_id = part.beside), part.quantity);
        continue when back = 0;
        update app.reservations r set status = 'cancelled', ended_at = moment, ended_because = 'refunded'
        where r.id = part.id;
        if back = part.quantity then
            delete from app.suspended_portions p where p.reservation_id = part.id;
        else
            -- Beneficiaries hold the rest, which stays given.
            insert into app.reservations
                (lot_id, account_id, quantity, unit_price_cents, status, purpose, created_at, confirmed_at)
            values (part.lot_id, part.account_id, part.quantity - back, part.unit_price_cents, 'confirmed', 'give', moment,
                    part.confirmed_at)
            returning id into rest;
            update app.suspended_portions p set reservation_id = rest where p.reservation_id = part.id;
        end if;
        update app.lots l set quantity = l.quantity - back where l.id = part.beside;  -- and so its stock
        update app.lot_stock s set remaining = s.remaining + back where s.lot_id = part.lot_id;
        perform app.tell_portions_back(part.lot_id, back, part.id::text);
    end loop;

    update app.payments p
    set status = 'refunded', stripe_refund = refund, refunded_cents = greatest(p.refunded_cents, refunded), refusals = 0,
        looked_at = moment
    where p.reservation_id = gift and p.status = 'succeeded';
    -- After the last pickup only the money moved.
    if found and exists (select from app.suspended_lots s where s.id = gift and s.settled_at is null) then
        perform app.tell_donor(gift, 'refunded');
    end if;
    perform app.settle_suspended(gift, false);
end $$;
