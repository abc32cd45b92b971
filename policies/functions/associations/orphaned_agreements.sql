-- Agreements whose document never came within a day, and those whose removal began before: their files may go. For the
-- worker. One whose document is being noted right now is locked, and skipped.
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
