-- Return how many lines the ledger has, and what Stripe's balance transactions of the platform come to, in cents.
-- Called by the worker's daily job and by `ecopanier ledger check`.
-- Definer, because the worker may not read the ledger; only the worker may execute it.
create or replace function app.ledger_size(out lines bigint, out stripe_cents bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    select count(*) into lines from accounting.lines;
    select coalesce(sum(t.net), 0) into stripe_cents from accounting.stripe_balance_transactions t where t.account is null;
end $$;
grant execute on function app.ledger_size() to ecopanier_worker;
