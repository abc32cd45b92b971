-- Return what a shop's lots that were closed between two moments came to, and what was corrected of any lot between them, in
-- the newest first: `corrected_at` is null for a lot.
-- Called by shop_ledger_export and tell_monthly_exports, which check whose books they are.
-- Definer, because only the accountant reads the books; only the owner may execute it.
create or replace function app.ledger_between(shop uuid, since timestamptz, until timestamptz, most int)
returns table (lot_id uuid, title text, window_ended_at timestamptz, closed_at timestamptz, corrected_at timestamptz,
               portions int, gross_cents bigint, commission_cents bigint, vat_cents bigint, net_cents bigint,
               transferred boolean, at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    (select c.lot_id, c.title, c.window_ended_at, c.closed_at, null::timestamptz as corrected_at, c.portions, c.gross_cents,
            c.commission_cents, c.vat_cents, c.net_cents,
            exists (select from accounting.transfer_lots t join accounting.transfers y on y.id = t.transfer_id
                    where t.lot_id = c.lot_id and y.status = 'made'), c.closed_at
     from accounting.closed_lots c where c.shop_id = shop and c.closed_at >= since and c.closed_at < until
     order by c.closed_at desc, c.lot_id desc limit most)
    union all
    (select c.lot_id, c.title, c.window_ended_at, c.closed_at, x.at, null, x.gross_cents, x.commission_cents, x.vat_cents,
            x.net_cents, null, x.at
     from accounting.closed_lot_corrections x join accounting.closed_lots c on c.lot_id = x.lot_id
     where x.shop_id = shop and x.at >= since and x.at < until and x.at <= app.clock()
     order by x.at desc, x.id desc limit most)
    order by 12 desc, 1 desc, 5
    limit most
$$;
