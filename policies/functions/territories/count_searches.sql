-- Add searches that found nothing to the numbers of their commune and day: the nearest commune to each point.
-- Called by the API each minute (backend/lots/unfound.py), which counted each searcher once a day. Nothing here tells who
-- searched. What comes after its day was published is left out.
-- Definer, because nobody is granted the tables; only the API may execute it. Locks: numbers in the order of day and commune.
create or replace function app.count_searches(days date[], latitudes float8[], longitudes float8[], numbers int[])
returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    insert into app.unmet_days as u (day, commune, searches)
    select p.day, near.code, sum(p.number)::int
    from unnest(days, latitudes, longitudes, numbers) as p (day, latitude, longitude, number)
    cross join lateral (
        select t.code from app.territories t
        where t.kind = 'commune' and t.latitude between p.latitude - 0.3 and p.latitude + 0.3
          and t.longitude between p.longitude - 0.5 and p.longitude + 0.5
        order by (t.latitude - p.latitude) ^ 2 + ((t.longitude - p.longitude) * cosd(p.latitude)) ^ 2, t.code
        limit 1) near
    where not exists (select from app.releases r where r.kind = 'day' and r.first_day = p.day)
    group by p.day, near.code
    order by p.day, near.code
    on conflict (day, commune) do update set searches = u.searches + excluded.searches
$$;
grant execute on function app.count_searches(date[], float8[], float8[], int[]) to ecopanier_api;
