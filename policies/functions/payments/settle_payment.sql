-- Apply what Stripe says now about a payment, and return the payment's status after it.
-- Called by the worker (payments.look_at_intent, payments.carry_forward). Paid in full confirms the hold. Paid when
-- there is no hold any more, when nothing can be collected any more, or another amount, is refunded. Cancelled ends
-- the hold. Given portions that can still be collected are offered as free ones. Order and repetition of calls do not
-- matter: the state was fetched just now, a final status stays final, and all of it happens under the locks.
-- Definer, because it writes everybody's payments and reservations; only the worker may execute it.
-- Locks: shop (share, for a gift), lot, free lot beside it (for a gift), reservation, payment (policies/LOCKS.md).
create or replace function app.settle_payment(payment uuid, intent text, intent_status text, received_cents int)
returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    p app.payments;
    r app.reservations;
    l app.lots;
    good   boolean;
    beside uuid;
begin
    select x.* into p from app.payments x where x.id = payment;
    if not found then return null; end if;
    select x.* into r from app.reservations x where x.id = p.reservation_id;
    if r.purpose = 'give' then
        -- Locked as by everybody who publishes: either suspending the shop waits for us, or we wait for it.
        perform from app.shops s join app.lots y on y.shop_id = s.id where y.id = r.lot_id for share of s;
    end if;
    select y.* into l from app.lots y join app.reservations x on x.lot_id = y.id
    where x.id = p.reservation_id for update of y;
    if r.purpose = 'give' then perform from app.lots y where y.suspended_from = l.id for update; end if;
    select x.* into r from app.reservations x where x.id = p.reservation_id for update;
    select x.* into p from app.payments x where x.id = payment for update;

    if p.status in ('succeeded', 'refund_due', 'refunded') then
        return p.status;
    end if;

    if intent_status = 'succeeded' then
        good := r.status = 'held' and received_cents = p.amount_cents and p.status in ('intended', 'pending')
                and l.pickup_end > app.clock();
        if good and r.purpose = 'give' then
            good := l.status = 'published'
                    and app.food_refusal(l.date_kind, l.food_date, 'handover', app.clock()) is null;
            begin
                if good then beside := app.offer_suspended(l, r.quantity, r.unit_price_cents); end if;
            exception when others then
                if sqlstate !~ '^EP4' then raise; end if;
                good := false;  -- a rule forbids offering it by now, so the money goes back
            end;
        end if;
        if good then
            update app.payments x set status = 'succeeded', stripe_payment_intent = intent, looked_at = app.clock()
            where x.id = p.id;
            update app.reservations x set status = 'confirmed', confirmed_at = app.clock(), hold_until = null
            where x.id = r.id;
            if r.purpose = 'give' then
                insert into app.suspended_portions (reservation_id, suspended_lot_id, lot_id)
                values (r.id, r.id, beside);
            end if;
            return 'succeeded';
        end if;
        update app.payments x set status = 'refund_due', stripe_payment_intent = intent, looked_at = app.clock()
        where x.id = p.id;
        perform app.end_reservation(r.id, 'expired', 'unpaid', false, true);
        perform app.defer('payments.carry_forward', jsonb_build_object('payment_id', p.id));
        if r.purpose = 'give' then
            perform app.defer('suspended_lots.tell_donor', jsonb_build_object('suspended_lot_id', r.id, 'news', 'over'));
        end if;
        return 'refund_due';
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
grant execute on function app.settle_payment(uuid, text, text, int) to ecopanier_worker;
