-- Apply what Stripe says now about a payment, and return the payment's status after it.
-- Called by the worker (payments.look_at_intent, payments.carry_forward). Paid in full confirms the hold, and a hold
-- that lapsed although Stripe took the money before its end (`paid_at`), as long as its portions are still there and
-- nobody changed the lot since: its price, allergens or window may not be what the holder agreed to any more. Paid
-- when there is no hold any more, when nothing can be collected any more, or another amount, is refunded. Cancelled
-- ends the hold. Given portions that can still be collected are offered as free ones.
-- A person may refund in Stripe's dashboard: `refunded` are the cents in all, `refund` is the last refund. In part is
-- noted, so that the rest can still be refunded; in full ends the reservation, unless its food was collected. A refund
-- may fail days later, for example because a card is closed: then what we owe is due again. Of a gift we owe what was not
-- collected, and that is known once the gift is settled: until then it is paid again. What a lost dispute gave back counts as
-- refunded (refund_by_dispute).
-- The sale and each of `refunds` are posted in the ledger, and the commission is what the settings say now (post_payment).
-- Order and repetition of calls do not matter: the state was fetched just now, a final status stays final, and all of
-- it happens under the locks.
-- Definer, because it writes everybody's payments and reservations; only the worker may execute it.
-- Returns null if there is no such payment any more: it was moved to the books.
-- Locks: shop (share, for a gift), lot, free lot beside it and gift (for a gift), reservation, payment
-- (policies/LOCKS.md), the sale's posting; for a gift that is refunded elsewhere those of gift_refunded.
create or replace function app.settle_payment(
    payment uuid, intent text, intent_status text, received_cents int,
    paid_at timestamptz default null, refunded int default 0, refund text default null, refunds jsonb default '[]')
returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    p app.payments;
    r app.reservations;
    l app.lots;
    all_back boolean := intent_status = 'succeeded' and refunded > 0 and refunded >= received_cents;
    remaining int;
    lapsed   boolean;
    good     boolean;
    beside   uuid;
    due      int;
begin
    select x.* into p from app.payments x where x.id = payment;
    if not found then return null; end if;
    select x.* into r from app.reservations x where x.id = p.reservation_id;
    if r.purpose = 'give' and p.status = 'succeeded' and all_back then
        perform app.gift_refunded(r.id, refunded, refund);
        perform app.post_payment(r.id, r.purpose, intent, received_cents, coalesce(paid_at, app.clock()), refunds);
        return 'refunded';
    end if;
    if r.purpose = 'give' then
        -- Locked as by everybody who publishes: either suspending the shop waits for us, or we wait for it.
        perform from app.shops s join app.lots y on y.shop_id = s.id where y.id = r.lot_id for share of s;
    end if;
    select s.remaining into remaining from app.lot_stock s where s.lot_id = r.lot_id for update;
    select y.* into l from app.lots y where y.id = r.lot_id;
    if r.purpose = 'give' then
        perform from app.lots y join app.lot_stock s on s.lot_id = y.id where y.suspended_from = l.id for update of s;
        perform from app.suspended_lots s where s.id = r.id for update;  -- or it is settled while we decide what is due
    end if;
    select x.* into r from app.reservations x where x.id = p.reservation_id for update;
    select x.* into p from app.payments x where x.id = payment for update;
    if not found then return null; end if;
    if intent_status = 'succeeded' then
        perform app.post_payment(r.id, r.purpose, intent, received_cents, coalesce(paid_at, app.clock()), refunds);
    end if;

    if p.status in ('succeeded', 'refund_due', 'refunded') then
        -- What was fetched first may come last. Then carry_forward or look_for_refunds fetches it again. News end the
        -- pauses after refusals.
        update app.payments x
        set refunded_cents = case when intent_status = 'succeeded' then refunded else x.refunded_cents end, refusals = 0
        where x.id = p.id;
        if p.status = 'refunded' and intent_status = 'succeeded' and refunded < p.refunded_cents then
            due := coalesce(p.refund_cents, case
                when r.purpose = 'give' then (
                    select case when s.settled_at is not null then p.amount_cents - app.worth_of_gift(s.id)
                                -- settle_suspended refunds it, if it was offered at all.
                                when exists (select from app.suspended_portions t where t.suspended_lot_id = s.id) then 0
                                end
                    from app.suspended_lots s where s.id = r.id)
                -- It was refunded although nothing was owed.
                when r.status in ('picked_up', 'no_show') or r.ended_because = 'holder_late' then 0
                end, received_cents);
            update app.payments x
            set status = case when refunded + x.disputed_cents < due then 'refund_due' when due = 0 then 'succeeded' else 'refunded' end,
                refund_cents = case when refunded + x.disputed_cents < due then coalesce(x.refund_cents, nullif(due, received_cents))
                                    else x.refund_cents end,
                stripe_refund = case when refunded + x.disputed_cents >= due and due > 0 then refund end, looked_at = app.clock()
            where x.id = p.id returning x.status into p.status;
            if p.status = 'refund_due' then
                perform app.defer('payments.carry_forward', jsonb_build_object('payment_id', p.id));
            end if;
            return p.status;
        end if;
        if p.status = 'refunded' or not all_back then return p.status; end if;
        if r.purpose = 'give' and p.status = 'succeeded' then  -- it became so while we waited, and needs other locks
            perform app.defer('payments.look_at_intent', jsonb_build_object('intent', intent));
            return p.status;
        end if;
        update app.payments x set status = 'refunded', stripe_refund = refund, looked_at = app.clock() where x.id = p.id;
        -- Nothing is left to end after the pickup, or its window. Then only the money moved.
        if r.purpose = 'collect' and app.end_reservation(r.id, 'cancelled', 'refunded', false, false) then
            perform app.tell_holder(r.id, 'reservation_refunded');
            perform app.tell_portions_back(r.lot_id, r.quantity, r.id::text);
        end if;
        return 'refunded';
    end if;

    if intent_status = 'succeeded' then
        lapsed := r.status = 'expired' and r.ended_because = 'unpaid' and coalesce(paid_at <= r.hold_until, false);
        good := (r.status = 'held' and p.status in ('intended', 'pending')
                 or lapsed and l.version = r.lapsed_lot_version and l.status = 'published' and remaining >= r.quantity
                    and (r.purpose = 'collect' or l.kind = 'discounted')
                    and app.food_refusal(l.date_kind, l.food_date_ends_at, 'reservation', app.clock()) is null
                    and exists (select from app.accounts a where a.id = r.account_id and a.status <> 'erased'))
                and received_cents = p.amount_cents and l.pickup_end > app.clock() and not all_back;
        if good and r.purpose = 'give' then
            good := l.status = 'published'
                    and app.food_refusal(l.date_kind, l.food_date_ends_at, 'handover', app.clock()) is null;
            begin
                if good then beside := app.offer_suspended(l, r.quantity, r.unit_price_cents); end if;
            exception when others then
                if sqlstate !~ '^EP4' then raise; end if;
                good := false;  -- a rule forbids offering it by now, so the money goes back
            end;
        end if;
        if good then
            if lapsed then update app.lot_stock s set remaining = s.remaining - r.quantity where s.lot_id = l.id; end if;
            update app.payments x
            set status = 'succeeded', stripe_payment_intent = intent, refunded_cents = refunded, looked_at = app.clock(),
                commission_bp = app.setting_int('commission_bp'),
                least_commission_cents = app.setting_int('least_commission_cents')
            where x.id = p.id;
            update app.reservations x
            set status = 'confirmed', confirmed_at = app.clock(), hold_until = null, ended_at = null, ended_because = null,
                lapsed_lot_version = null
            where x.id = r.id;
            insert into app.reservations_to_tell (reservation_id, at) values (r.id, app.clock()) on conflict do nothing;
            if r.purpose = 'give' then
                insert into app.suspended_portions (reservation_id, suspended_lot_id, lot_id)
                values (r.id, r.id, beside);
            end if;
            return 'succeeded';
        end if;
        update app.payments x
        set status = 'refund_due', stripe_payment_intent = intent, refunded_cents = refunded, looked_at = app.clock()
        where x.id = p.id;
        perform app.end_reservation(r.id, 'expired', 'unpaid', false, true);
        perform app.defer('payments.carry_forward', jsonb_build_object('payment_id', p.id));
        if r.purpose = 'give' then
            perform app.tell_donor(r.id, 'over');
        end if;
        return 'refund_due';
    elsif intent_status = 'canceled' and p.checkout in ('wanted', 'open') then
        return p.status;  -- the intent was replaced by Stripe's page, where the hold can still be paid
    elsif intent_status = 'canceled' then
        update app.payments x set status = 'cancelled', stripe_payment_intent = intent, looked_at = app.clock()
        where x.id = p.id;
        perform app.end_reservation(r.id, 'expired', 'unpaid', false, true);
        return 'cancelled';
    end if;

    -- It can still be paid. If we had cancelled it already, the intent must be cancelled at Stripe after all.
    update app.payments x
    set stripe_payment_intent = intent, looked_at = app.clock(),
        status = case x.status when 'intended' then 'pending' when 'cancelled' then 'cancel_due' else x.status end
    where x.id = p.id returning x.status into p.status;
    return p.status;
end $$;
grant execute on function app.settle_payment(uuid, text, text, int, timestamptz, int, text, jsonb) to ecopanier_worker;
