-- Return up to `most` documents that no file was stored for yet, oldest first, and let nobody else print them for five
-- minutes: a worker that is killed meanwhile leaves them to the next one, with the same number and contents.
-- Called by the worker's job documents.print. Receipts are printed when they are asked for.
-- Definer, because nobody may write documents; only the worker may execute it.
-- Locks: the documents, skipping those that are locked.
create or replace function app.documents_to_print(most int) returns table (id uuid, kind text, contents text)
language sql security definer set search_path = pg_catalog, pg_temp as $$
    with due as (
        select d.id from accounting.documents d
        where d.stored_at is null and d.kind <> 'receipt'
          and (d.taken_at is null or d.taken_at < app.clock() - interval '5 minutes')
        order by d.id limit most for update skip locked
    )
    update accounting.documents d set taken_at = app.clock() from due where d.id = due.id
    returning d.id, d.kind, d.contents::text
$$;
grant execute on function app.documents_to_print(int) to ecopanier_worker;
