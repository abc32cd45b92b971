-- Keep the sums of up to `most` further days on which nothing can change any more; return how many days.
-- Called by the worker's hourly job figures.close_days until it returns 0, and by the demo town.
-- A day in Paris is closed at the end of the next one, because a station may report a pickup 12 hours later. A day with
-- a lot that is still on offer, or paused, waits for end_lots, and so do the days after it: there is no gap. The free lot
-- beside another one may be on offer for longer than that one. Figures begin in 2020 and are compared with at most 400 days
-- before; older lots, such as a draft with a mistyped year that was withdrawn, are not added up.
-- Definer, because it sums what everybody did; only the worker may execute it.
-- Locks: an advisory lock, or it returns 0 at once; then the rows that it inserts.
create or replace function app.close_platform_days(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    earliest constant date := date '2020-01-01' - 400;
    first_day date;
    last_day  date := app.paris_day(app.clock()) - 2;
begin
    if not pg_try_advisory_xact_lock(hashtext('close_platform_days')) then return 0; end if;
    select max(p.day) + 1 into first_day from app.platform_days p;
    if first_day is null then
        select greatest(earliest, app.paris_day(l.pickup_end)) into first_day
        from app.lots l where l.status in ('ended', 'withdrawn', 'recalled') and l.suspended_from is null
        order by l.pickup_end limit 1;
    end if;
    last_day := least(
        last_day,
        (select app.paris_day(min(l.pickup_end)) - 1 from app.lots l where l.status in ('published', 'paused')),
        (select app.paris_day(min(l.pickup_end)) - 1
         from app.lots b join app.lots l on l.id = b.suspended_from
         where b.suspended_from is not null and b.status in ('published', 'paused')));
    last_day := least(last_day, first_day + most - 1);
    if first_day is null or last_day < first_day then return 0; end if;

    insert into app.platform_days
        (day, offered, reserved, collected, revenue_cents, value_saved_cents, food_grams, co2e_grams)
    select d.day::date, coalesce(f.offered, 0), coalesce(f.reserved, 0), coalesce(f.collected, 0),
           coalesce(f.revenue_cents, 0), coalesce(f.value_saved_cents, 0), coalesce(f.food_grams, 0),
           coalesce(f.co2e_grams, 0)
    from generate_series(first_day::timestamp, last_day::timestamp, interval '1 day') d (day)
    left join app.figures_by_day(null, 'Europe/Paris', first_day, last_day) f on f.day = d.day::date;
    return last_day - first_day + 1;
end $$;
grant execute on function app.close_platform_days(int) to ecopanier_worker;
