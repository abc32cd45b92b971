-- Delete a fund's statement with its lines, once its file is removed and its time is over.
-- Called by the worker's job funds.forget. Definer, because only acts write statements; only the worker may execute it.
create or replace function app.fund_statement_gone(statement uuid) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    delete from accounting.fund_statements s where s.id = statement
$$;
grant execute on function app.fund_statement_gone(uuid) to ecopanier_worker;
