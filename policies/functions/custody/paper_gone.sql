-- Delete the row of a slip or a donation receipt, once its file is removed and its time is over.
-- Called by the worker's job documents.forget. Definer, because nobody may write papers; only the worker may execute it.
create or replace function app.paper_gone(paper uuid) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    delete from app.collection_papers p where p.id = paper
$$;
grant execute on function app.paper_gone(uuid) to ecopanier_worker;
