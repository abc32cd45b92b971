-- Keep the counts of accounts by role, state and the day on which they came.
-- Called by triggers of accounts. It only adds rows, so it waits for nobody.
-- Definer, because nobody writes the counts themselves.
create or replace function app.count_accounts() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if tg_op = 'INSERT' then
        insert into app.standing_counts (kind, status, came_on, change)
        select c.role, c.status, app.paris_day(c.created_at), count(*)
        from come c where c.erased_at is null group by 1, 2, 3;
    elsif tg_op = 'DELETE' then
        insert into app.standing_counts (kind, status, came_on, change)
        select g.role, g.status, app.paris_day(g.created_at), -count(*)
        from gone g where g.erased_at is null group by 1, 2, 3;
    else
        insert into app.standing_counts (kind, status, came_on, change)
        select c.role, c.status, app.paris_day(c.created_at), c.change
        from (values (old.role, old.status, old.created_at, old.erased_at, -1),
                     (new.role, new.status, new.created_at, new.erased_at, 1)) c (role, status, created_at, erased_at, change)
        where c.erased_at is null;
    end if;
    return null;
end $$;
