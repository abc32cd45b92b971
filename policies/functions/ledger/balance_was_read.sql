-- Note that a balance at Stripe was read without a gap up to a moment.
-- Called by the worker (ledger.check) after the last page, so that a run that breaks off is read again.
-- Definer, because nobody may write it; only the worker may execute it. Locks: the row.
create or replace function app.balance_was_read(account text, until timestamptz) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    insert into accounting.balances_read as b (account, read_until) values (balance_was_read.account, until)
    on conflict (account) do update set read_until = greatest(b.read_until, excluded.read_until);
$$;
grant execute on function app.balance_was_read(text, timestamptz) to ecopanier_worker;
