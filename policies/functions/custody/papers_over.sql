-- Return up to `most` slips and donation receipts that are kept no longer.
-- Called by the worker's job documents.forget, which removes the file first, then the row.
-- Definer, because nobody may read every paper; only the worker may execute it.
create or replace function app.papers_over(most int) returns setof uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select p.id from app.collection_papers p
    where p.issued_at < app.clock() - case p.kind when 'slip' then app.kept_for('slips') else app.kept_for('donation_receipts') end
    order by p.id limit most
$$;
grant execute on function app.papers_over(int) to ecopanier_worker;
