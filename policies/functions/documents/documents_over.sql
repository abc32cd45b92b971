-- Return up to `most` documents that are kept no longer: ten years after the end of their year in Paris.
-- Called by the worker's job documents.forget, which removes the file first, then the row.
-- Definer, because nobody may read every document; only the worker may execute it.
create or replace function app.documents_over(most int) returns setof uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select d.id from accounting.documents d
    where d.issued_at < date_trunc('year', (app.clock() - app.kept_for('accounting_payments')) at time zone 'Europe/Paris')
                        at time zone 'Europe/Paris'
      -- An invoice stays as long as a credit note names it.
      and not exists (select from accounting.documents c where c.original_id = d.id)
      -- A statement stays as long as what it lists: otherwise that would be stated again.
      and not exists (select from accounting.stated_lots s where s.statement_id = d.id)
      and not exists (select from accounting.stated_corrections s where s.statement_id = d.id)
      and not exists (select from accounting.stated_postings s where s.statement_id = d.id)
    order by d.id limit most
$$;
grant execute on function app.documents_over(int) to ecopanier_worker;
