-- End a reservation that is still open, and give back what the reason calls for; return whether there was one to end.
-- Called by cancel_reservation, withdraw_lot, end_recalled_lot, lapse_holds, end_lots, settle_payment and
-- erase_account. The portions always go back to the lot. A hold that lapses remembers the lot's version: until then
-- guard_lot refused every edit that matters to its holder, and settle_payment asks whether there was one since.
-- Only the owner may execute it. If another act ended the reservation first, this one changes nothing.
-- Locks: quota (if it is given back), lot, reservation, payment (policies/LOCKS.md).
create or replace function app.end_reservation(
    reservation uuid, new_status text, reason text, quota_back boolean, money_back boolean) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    r       app.reservations;
    payment app.payments;
begin
    select * into r from app.reservations x where x.id = reservation;
    if quota_back and r.quota_day is not null then
        perform from app.free_portions f where f.account_id = r.account_id and f.day = r.quota_day for update;
    end if;
    perform from app.lot_stock s where s.lot_id = r.lot_id for update;

    -- Only a hold expires: if it was paid while we waited for the lot, it stays.
    update app.reservations x
    set status = new_status, ended_at = app.clock(), ended_because = reason,
        lapsed_lot_version = case when new_status = 'expired' then
            (select l.version from app.lots l where l.id = r.lot_id) end
    where x.id = reservation and (x.status = 'held' or x.status = 'confirmed' and new_status <> 'expired');
    if not found then return false; end if;

    -- The shop's webhooks are told later, in the same way for every kind of lot (cancellation_told_at).
    if r.purpose = 'collect' and new_status in ('cancelled', 'expired') then
        insert into app.cancellations_to_tell (reservation_id, shop_id, at)
        select r.id, l.shop_id, app.cancellation_told_at(app.clock(), l.pickup_end)
        from app.lots l
        where l.id = r.lot_id and exists (
            select from app.webhook_endpoints e
            where e.shop_id = l.shop_id and e.off_at is null and 'reservation.cancelled.v1' = any (e.events))
        on conflict (reservation_id) do update set at = excluded.at;
    end if;

    update app.lot_stock s set remaining = s.remaining + r.quantity where s.lot_id = r.lot_id;
    if quota_back and r.quota_day is not null then
        update app.free_portions f set taken = f.taken - r.quantity
        where f.account_id = r.account_id and f.day = r.quota_day;
    end if;

    select * into payment from app.payments p where p.reservation_id = reservation for update;
    if found and payment.status in ('intended', 'pending') then
        update app.payments p set status = 'cancel_due', looked_at = app.clock() where p.id = payment.id;
    elsif found and payment.status = 'succeeded' and money_back then
        update app.payments p set status = 'refund_due', looked_at = app.clock() where p.id = payment.id;
    else
        return true;
    end if;
    perform app.defer('payments.carry_forward', jsonb_build_object('payment_id', payment.id));
    return true;
end $$;
