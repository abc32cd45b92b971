-- Return what a shop was granted by each fund in each month that was stated, the newest month first: to its owners, and to
-- admins. `before_month` and `before_statement` are the last of the page before.
-- Called by GET /v1/shops/{shop_id}/grants and …/grants.csv; to anybody else the shop does not exist. One total a month and
-- fund, and never before the month is over: a shop chose which of its lots are free and counts their passes itself, but a
-- total by lot or by day would also tell the free portions of a lot that became free from the suspended ones beside it.
-- Definer, because only acts read statements.
create or replace function app.shop_grants(
    shop uuid, most int, before_month date default null, before_statement uuid default null)
returns table (statement_id uuid, month date, fund text, organisation text, reference text, siret text, portions int,
               grams bigint, cents bigint, paid_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    perform app.require_books_of(shop);
    return query
    select s.id, s.month, f.name, o.name, f.reference, l.siret, l.portions, l.grams, l.cents, l.paid_at
    from accounting.fund_lines l
    join accounting.fund_statements s on s.id = l.statement_id
    join app.funds f on f.id = s.fund_id
    join app.organisations o on o.id = f.organisation_id
    where l.shop_id = shop and (before_month is null or (s.month, s.id) < (before_month, before_statement))
    order by s.month desc, s.id desc limit most;
end $$;
grant execute on function app.shop_grants(uuid, int, date, uuid) to authenticated;
