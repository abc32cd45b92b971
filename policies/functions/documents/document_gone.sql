-- Delete a document's row, once its file is removed and its time is over.
-- Called by the worker's job documents.forget. Definer, because nobody may write documents; only the worker may execute it.
create or replace function app.document_gone(document uuid) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    delete from accounting.documents d where d.id = document
$$;
grant execute on function app.document_gone(uuid) to ecopanier_worker;
