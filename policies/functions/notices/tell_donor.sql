-- Tell a donor that their gift moved, that its money was given back, or what was collected and kept for who did not
-- come (`over`); never by whom.
-- Called by move_suspended, settle_suspended, gift_refunded, settle_payment and tell_queued.
-- Definer, because it reads everybody's gifts; only the owner may execute it.
create or replace function app.tell_donor(gift uuid, news text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.notify(r.account_id, 'suspended_lot_' || news,
                       jsonb_build_object(
                           'lot', app.lot_told(r.lot_id), 'quantity', r.quantity, 'collected', t.collected, 'kept', t.kept,
                           'refund_cents', case when p.status in ('refund_due', 'refunded') then
                               greatest(coalesce(p.refund_cents, p.amount_cents), p.refunded_cents) end),
                       r.id || ' ' || t.places, null, r.id)
    from app.reservations r
    join app.payments p on p.reservation_id = r.id
    cross join lateral (select count(*) as places, coalesce(sum(x.collected), 0) as collected, coalesce(sum(x.kept), 0) as kept
                        from app.suspended_portions x where x.suspended_lot_id = r.id) t
    where r.id = gift;
end $$;
