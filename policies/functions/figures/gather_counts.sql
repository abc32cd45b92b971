-- Put the changes of each count together in one row, so that a sum stays short.
-- Called by prune, so each hour. It takes rows in the order of ids and skips those that another one is putting together;
-- readers see either the rows or their sum.
-- Definer; only the owner may execute it.
create or replace function app.gather_counts() returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    with several as (
        select c.kind, c.status, c.came_on from app.standing_counts c group by 1, 2, 3 having count(*) > 1),
    gone as (
        delete from app.standing_counts c
        where c.id = any (array(select s.id from app.standing_counts s join several v using (kind, status, came_on)
                                order by s.id for update of s skip locked))
        returning c.*)
    insert into app.standing_counts (kind, status, came_on, change)
    select g.kind, g.status, g.came_on, sum(g.change) from gone g group by 1, 2, 3 having sum(g.change) <> 0
$$;
