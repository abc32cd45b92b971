-- Return the moment from which a balance at Stripe is to be read: three days before it was last read, because lists may show
-- a line late; null if it never was.
-- Called by the worker (ledger.check). Definer, because nobody else reads it; only the worker may execute it.
create or replace function app.balance_read_from(account text) returns timestamptz
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (select b.read_until - interval '3 days' from accounting.balances_read b where b.account = balance_read_from.account);
end $$;
grant execute on function app.balance_read_from(text) to ecopanier_worker;
