-- Keep the counts of shops by state and the day on which they came.
-- Called by triggers of shops. It only adds rows, so it waits for nobody.
-- Definer, because nobody writes the counts themselves.
create or replace function app.count_shops() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if tg_op = 'INSERT' then
        insert into app.standing_counts (kind, status, came_on, change)
        select 'shop', c.status, app.paris_day(c.created_at), count(*) from come c group by 2, 3;
    elsif tg_op = 'DELETE' then
        insert into app.standing_counts (kind, status, came_on, change)
        select 'shop', g.status, app.paris_day(g.created_at), -count(*) from gone g group by 2, 3;
    else
        insert into app.standing_counts (kind, status, came_on, change)
        values ('shop', old.status, app.paris_day(old.created_at), -1),
               ('shop', new.status, app.paris_day(new.created_at), 1);
    end if;
    return null;
end $$;
