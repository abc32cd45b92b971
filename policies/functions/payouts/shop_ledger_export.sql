-- Return what a shop's lots came to in a month where it is (null: ever), with its fees, for a file; corrections as rows.
-- Called by GET /v1/shops/{shop_id}/ledger.csv, as an owner of a shop with Premium or an admin. The list itself
-- (shop_ledger) shows the same to every owner. Raises `premium.needed`.
-- Definer, because only the accountant reads the books.
create or replace function app.shop_ledger_export(shop uuid, month date, most int)
returns table (lot_id uuid, title text, window_ended_at timestamptz, closed_at timestamptz, corrected_at timestamptz,
               portions int, gross_cents bigint, commission_cents bigint, vat_cents bigint, net_cents bigint,
               transferred boolean)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    zone text := (select s.time_zone from app.shops s where s.id = shop);
begin
    perform app.require_books_of(shop);
    perform app.require_premium(shop, 'export');
    return query
    select x.lot_id, x.title, x.window_ended_at, x.closed_at, x.corrected_at, x.portions, x.gross_cents, x.commission_cents,
           x.vat_cents, x.net_cents, x.transferred from app.ledger_between(
        shop, coalesce(month::timestamp at time zone zone, '-infinity'),
        coalesce((month + interval '1 month') at time zone zone, 'infinity'), most) x;
end $$;
grant execute on function app.shop_ledger_export(uuid, date, int) to authenticated;
