-- Return what the platform owes a shop by the ledger, in cents; negative if the shop owes the platform.
-- Called by begin_transfer, begin_reversal, shop_balance, payout_overdue and shops_in_debt. What is on its way in a
-- transfer is still owed until Stripe has made it. Only the owner may execute it.
create or replace function app.shop_due_cents(shop uuid) returns bigint
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select coalesce(-sum(l.cents), 0)
    from accounting.ledger_accounts a join accounting.lines l on l.account_id = a.id
    where a.kind = 'shop' and a.subject = shop and a.book = 'platform'
$$;
