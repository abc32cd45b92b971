-- Mark agreements whose file may be removed as `going`, and return their ids.
-- Called by the worker's hourly job associations.remove_orphans and after an erasure. The agreements are those whose
-- document did not come within a day, and those whose removal began earlier.
-- Definer, because nobody may write agreements; only the worker may execute it.
-- Locks: the agreements; those that are locked (the document is being noted at this moment) are skipped.
create or replace function app.orphaned_agreements(most int) returns setof uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
        update app.agreements g set status = 'going'
        where g.id in (select o.id from app.agreements o
                       where o.status = 'going' or o.status = 'coming' and o.created_at < app.clock() - interval '1 day'
                       order by o.created_at limit most for update skip locked)
        returning g.id;
end $$;
grant execute on function app.orphaned_agreements(int) to ecopanier_worker;
