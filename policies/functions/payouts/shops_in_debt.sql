-- Return the shops that owe the platform money by the ledger, and how much in cents.
-- Called by begin_reversals and shops_in_debt_seen. Only the owner may execute it.
create or replace function app.shops_in_debt() returns table (shop_id uuid, debt_cents bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select a.subject, sum(l.cents)::bigint
    from accounting.ledger_accounts a join accounting.lines l on l.account_id = a.id
    where a.kind = 'shop' and a.book = 'platform'
    group by a.subject having sum(l.cents) > 0
$$;
