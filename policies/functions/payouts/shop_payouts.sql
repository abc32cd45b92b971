-- Return a page of a shop's transfers, the newest first, each with its lots, and the payouts to its bank.
-- Called by GET /v1/shops/{shop_id}/payouts, as an owner of the shop or an admin.
-- Definer, because only the accountant reads the books.
create or replace function app.shop_payouts(shop uuid, most int, before_id text default null, before_at timestamptz default null)
returns table (id text, cents bigint, status text, arrives_on date, made_at timestamptz, transfers jsonb)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    perform app.require_books_of(shop);
    return query
    select p.id, p.cents, p.status, p.arrives_on, p.made_at,
           coalesce((select jsonb_agg(jsonb_build_object('id', t.id, 'cents', x.cents, 'lots', (
                         select count(*) from accounting.transfer_lots l where l.transfer_id = t.id)) order by t.id)
                     from accounting.payout_transfers x join accounting.transfers t on t.id = x.transfer_id
                     where x.payout_id = p.id), '[]')
    from accounting.payouts p
    where p.shop_id = shop and (before_at is null or (p.made_at, p.id) < (before_at, before_id))
    order by p.made_at desc, p.id desc limit most;
end $$;
grant execute on function app.shop_payouts(uuid, int, text, timestamptz) to authenticated;
