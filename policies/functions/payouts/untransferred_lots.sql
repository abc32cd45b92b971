-- Return the closed lots of a shop of which something is in no transfer yet, with that many cents: the net of the lot
-- and its corrections, less what transfers settled. Cancelled transfers do not count.
-- Called by begin_transfers and payout_overdue. Only the owner may execute it.
create or replace function app.untransferred_lots(shop uuid) returns table (lot_id uuid, cents bigint, closed_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select c.lot_id, c.net_cents + coalesce(k.cents, 0) - coalesce(t.cents, 0), c.closed_at
    from accounting.closed_lots c
    left join lateral (select sum(x.net_cents)::bigint as cents from accounting.closed_lot_corrections x
                       where x.lot_id = c.lot_id and x.at <= app.clock()) k on true
    left join lateral (select sum(x.cents)::bigint as cents
                       from accounting.transfer_lots x join accounting.transfers y on y.id = x.transfer_id
                       where x.lot_id = c.lot_id and y.status <> 'cancelled') t on true
    where c.shop_id = shop and c.net_cents + coalesce(k.cents, 0) - coalesce(t.cents, 0) <> 0
$$;
