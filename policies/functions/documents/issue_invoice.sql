-- Issue an invoice for something else than the commission, such as a month of Premium, once for each `source`; return it.
-- Called by jobs of features that bill a shop. `lines` are `{text, cents}` before VAT.
-- Definer, because nobody may write documents; only the worker may execute it.
-- Locks: the number's series.
create or replace function app.issue_invoice(
    source text, shop uuid, first_day date, last_day date, platform jsonb, lines jsonb, paid_by_card boolean) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    return app.issue_document('invoice', source, shop, first_day, last_day, platform, lines, paid_by_card);
end $$;
grant execute on function app.issue_invoice(text, uuid, date, date, jsonb, jsonb, boolean) to ecopanier_worker;
