-- Return up to `most` statements of funds that no file was stored for yet, oldest first, and let nobody else print them for
-- five minutes: a worker that is killed meanwhile leaves them to the next one, with the same contents.
-- Called by the worker's job funds.print. Definer, because only acts read statements; only the worker may execute it.
-- Locks: the statements, skipping those that are locked.
create or replace function app.fund_statements_to_print(most int) returns table (id uuid, contents text)
language sql security definer set search_path = pg_catalog, pg_temp as $$
    with due as (
        select s.id from accounting.fund_statements s
        where s.stored_at is null and (s.taken_at is null or s.taken_at < app.clock() - interval '5 minutes')
        order by s.id limit most for update skip locked
    )
    update accounting.fund_statements s set taken_at = app.clock() from due where s.id = due.id
    returning s.id, s.contents::text
$$;
grant execute on function app.fund_statements_to_print(int) to ecopanier_worker;
