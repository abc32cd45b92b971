-- Count the figures of all days from `since` on anew from the entries; return how many rows differed from what had been
-- added up, and how many of them stay as they are, because their day is published: `ecopanier figures correct` first publishes
-- a correction, and then calls this with `published_too`.
-- Collections go with time, so days before first_countable_day stay as they are. The sums of the platform's days
-- (`platform_days`) are removed from the day before `since` on, to which a pickup may belong that was reported at night; until
-- the worker closes these days again within the hour, they are counted when they are read.
-- Called by `ecopanier figures rebuild` and, after corrections, `ecopanier figures correct`.
-- Definer, because nobody may write figures; only the worker may execute it.
-- Locks: the advisory lock of close_platform_days; the row of totals, so that nothing is added meanwhile; figures of days.
create or replace function app.rebuild_figures(
    since date default null, published_too boolean default false, out differed int, out left_alone int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    before xid8;
    open_from date := greatest(since, app.first_countable_day());
begin
    -- Wait for a close under way, so that its rows are deleted too. Before the totals, which handovers are added to meanwhile.
    perform pg_advisory_xact_lock(hashtext('close_platform_days'));
    select t.counted_before into strict before from app.impact_totals t for update;
    select count(*), count(*) filter (where not published_too and exists (
               select from app.releases r where r.first_day <= day and r.last_day >= day))
    into differed, left_alone
    from (select * from app.figure_days x where x.day >= open_from) d
    full join app.figure_sums('0', before, open_from) n using (day, shop_id, category)
    where d is distinct from n;
    delete from app.figure_days d
    where d.day >= open_from
      and (published_too or not exists (select from app.releases r where r.first_day <= d.day and r.last_day >= d.day));
    insert into app.figure_days
    select * from app.figure_sums('0', before, open_from) n
    where published_too or not exists (select from app.releases r where r.first_day <= n.day and r.last_day >= n.day);
    delete from app.platform_days p where since is null or p.day >= since - 1;
end $$;
grant execute on function app.rebuild_figures(date, boolean) to ecopanier_worker;
