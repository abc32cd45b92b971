-- Return up to `most` connected accounts that were not compared with Stripe since `read_before`, those that waited longest
-- first, with their shops. Closed accounts, and shops to which a transfer or reversal is under way, are left out.
-- Called by the worker's daily job ledger.check and by `ecopanier ledger check`, until nothing is returned.
-- Definer, because the worker has no policy on payout accounts; only the worker may execute it.
create or replace function app.connected_books(read_before timestamptz, most int)
returns table (shop_id uuid, stripe_account text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select a.shop_id, a.stripe_account
    from app.payout_accounts a left join accounting.balances_read b on b.account = a.stripe_account
    where a.stripe_account is not null and a.state <> 'closed' and (b.read_until is null or b.read_until < read_before)
      and not exists (select from accounting.transfers t
                      where t.shop_id = a.shop_id and t.status = 'intended' and t.asked_at is not null)
      and not exists (select from accounting.reversals v
                      where v.shop_id = a.shop_id and v.status = 'intended' and v.asked_at is not null)
    order by b.read_until nulls first, a.shop_id limit most
$$;
grant execute on function app.connected_books(timestamptz, int) to ecopanier_worker;
