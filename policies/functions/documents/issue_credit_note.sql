-- Issue a credit note for an invoice, once for each `source`; return it. `lines` are `{text, cents}` before VAT, given back.
-- Called by jobs of features that bill a shop.
-- Definer, because nobody may write documents; only the worker may execute it.
-- Locks: the number's series.
create or replace function app.issue_credit_note(source text, invoice uuid, platform jsonb, lines jsonb) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    original accounting.documents;
begin
    select d.* into strict original from accounting.documents d where d.id = invoice and d.kind = 'invoice';
    return app.issue_document('credit_note', source, original.shop_id, original.first_day, original.last_day, platform, lines,
                              (original.contents ->> 'paid_by_card')::boolean, invoice);
end $$;
grant execute on function app.issue_credit_note(text, uuid, jsonb, jsonb) to ecopanier_worker;
