-- Return what a shop has on its connected account by its own book, in cents; null while it is not known whether Stripe has made
-- a transfer or reversal that it was asked for.
-- Called by the worker (ledger.check). Definer, because the worker may not read the ledger; only the worker may execute it.
create or replace function app.connected_cents(account text) returns bigint
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select coalesce((
        select sum(n.cents) from accounting.ledger_accounts k join accounting.lines n on n.account_id = k.id
        where k.kind = 'connected' and k.book = 'shop' and k.subject = a.shop_id), 0)::bigint
    from app.payout_accounts a
    where a.stripe_account = account
      and not exists (select from accounting.transfers t
                      where t.shop_id = a.shop_id and t.status = 'intended' and t.asked_at is not null)
      and not exists (select from accounting.reversals v
                      where v.shop_id = a.shop_id and v.status = 'intended' and v.asked_at is not null)
$$;
grant execute on function app.connected_cents(text) to ecopanier_worker;
