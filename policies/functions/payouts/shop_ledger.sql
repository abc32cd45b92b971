-- Return a page of what a shop sold by closed lot, the newest first, with the corrections of each lot.
-- Called by GET /v1/shops/{shop_id}/ledger and its .csv, as an owner of the shop or an admin. `before_at` and `before_lot` are the
-- last row of the page before. One row is a whole lot, sold and suspended portions together: nothing smaller tells who paid.
-- Definer, because only the accountant reads the books.
create or replace function app.shop_ledger(
    shop uuid, most int, before_at timestamptz default null, before_lot uuid default null)
returns table (lot_id uuid, title text, window_ended_at timestamptz, closed_at timestamptz, portions int, gross_cents bigint,
               commission_cents bigint, vat_cents bigint, net_cents bigint, corrections jsonb, transferred boolean)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    perform app.require_books_of(shop);
    return query
    select c.lot_id, c.title, c.window_ended_at, c.closed_at, c.portions, c.gross_cents::bigint, c.commission_cents::bigint,
           c.vat_cents::bigint, c.net_cents::bigint,
           coalesce((select jsonb_agg(jsonb_build_object('at', x.at, 'gross_cents', x.gross_cents,
                                      'commission_cents', x.commission_cents, 'vat_cents', x.vat_cents,
                                      'net_cents', x.net_cents) order by x.id)
                     from accounting.closed_lot_corrections x
                     where x.lot_id = c.lot_id and x.at <= app.clock()), '[]'),
           exists (select from accounting.transfer_lots t join accounting.transfers y on y.id = t.transfer_id
                   where t.lot_id = c.lot_id and y.status = 'made')
    from accounting.closed_lots c
    where c.shop_id = shop and (before_at is null or (c.closed_at, c.lot_id) < (before_at, before_lot))
    order by c.closed_at desc, c.lot_id desc limit most;
end $$;
grant execute on function app.shop_ledger(uuid, int, timestamptz, uuid) to authenticated;
