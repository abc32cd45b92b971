-- Put portions on sale again that a beneficiary had reserved of a gift whose money was given back, and then cancelled;
-- return whether there was such a gift.
-- Called by the worker every 5 seconds. One gift per call, because several would lock their lots out of order.
-- Definer, because it writes everybody's gifts; only the worker may execute it.
-- Locks: those of gift_refunded.
create or replace function app.take_back_refunded() returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    gift uuid;
begin
    select s.suspended_lot_id into gift
    from app.payments p
    join app.suspended_portions s on s.suspended_lot_id = p.reservation_id
    join app.lots l on l.id = s.lot_id
    join app.lot_stock k on k.lot_id = l.id
    where p.status in ('refund_due', 'refunded') and s.collected is null and l.status in ('published', 'paused')
      and k.remaining > 0
    order by s.suspended_lot_id limit 1;
    if not found then return false; end if;
    perform app.gift_refunded(gift, 0, null);
    return true;
end $$;
grant execute on function app.take_back_refunded() to ecopanier_worker;
