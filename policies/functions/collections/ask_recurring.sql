-- Make the requests of recurring collections for today and tomorrow that are not there yet; return how many.
-- Called by the worker every 5 seconds, and by the acts that change a recurring request, so that one for today appears at
-- once. `wanted`: that one alone. Running it again makes nothing twice, and a day that was missed while no worker ran is made
-- while its window lasts.
-- Definer, because it reads everybody's requests; it lets through nothing but requests that their shop has set up.
-- Locks: the recurring request (skip locked), then those of make_collection.
create or replace function app.ask_recurring(most int, wanted uuid default null) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment timestamptz := app.clock();
    series record;
    due    record;
    made   uuid;
    asked  int := 0;
    wrong  text;
begin
    for series in
        select r.*, s.time_zone from app.recurring_collections r join app.shops s on s.id = r.shop_id
        where r.active and s.status = 'verified' and (wanted is null or r.id = wanted)
          and exists (
              select from generate_series(0, 1) d
              where app.local_day(moment, s.time_zone) + d between r.first_day and coalesce(r.last_day, 'infinity')
                and extract(isodow from app.local_day(moment, s.time_zone) + d) = any (r.weekdays)
                and not exists (select from app.collection_occurrences o
                                where o.series_id = r.id and o.day = app.local_day(moment, s.time_zone) + d))
        order by r.id limit most for update of r skip locked
    loop
        wrong := null;
        for due in
            select x.day, w.starts, w.ends, coalesce(e.skipped, false) as skipped
            from (select app.local_day(moment, series.time_zone) + d as day from generate_series(0, 1) d) x
            left join app.recurring_collection_days e on e.series_id = series.id and e.day = x.day
            cross join lateral app.window_on(x.day, coalesce(e.opens, series.opens), coalesce(e.closes, series.closes),
                                             series.time_zone) w
            where x.day between series.first_day and coalesce(series.last_day, 'infinity')
              and extract(isodow from x.day) = any (series.weekdays)
              and not exists (select from app.collection_occurrences o where o.series_id = series.id and o.day = x.day)
            order by x.day
        loop
            made := null;
            if not due.skipped and due.ends > moment then
                begin
                    made := app.make_collection(
                        series.shop_id, null, series.association_id, '[]',
                        (select jsonb_agg(i - 'food_date_in_days' || jsonb_build_object(
                             'food_date', due.day + (i ->> 'food_date_in_days')::int))
                         from jsonb_array_elements(series.items) i),
                        due.starts, due.ends, series.notes, 'recurring', null);
                    asked := asked + 1;
                exception when others then
                    if sqlstate = 'EP503' then continue; end if;  -- to be tried again
                    if sqlstate !~ '^EP' then raise; end if;
                    wrong := sqlerrm;
                end;
            end if;
            insert into app.collection_occurrences (series_id, day, collection_id) values (series.id, due.day, made);
        end loop;
        update app.recurring_collections r set last_problem = wrong
        where r.id = series.id and r.last_problem is distinct from wrong;
    end loop;
    return asked;
end $$;
grant execute on function app.ask_recurring(int, uuid) to ecopanier_worker;
