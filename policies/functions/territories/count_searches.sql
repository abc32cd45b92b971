-- Keep how many searched in a commune on a day and found nothing, as one process counted them so far (backend/lots/unfound.py).
-- Called by the API each minute. Of several processes the largest number is kept: a searcher counts once a day in each, so
-- their sum could tell about fewer people than it says. Nothing here tells who searched. What comes after its day was
-- published is left out.
-- Definer, because nobody is granted the tables; only the API may execute it. Locks: numbers in the order of day and commune.
create or replace function app.count_searches(days date[], communes text[], numbers int[]) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    insert into app.unmet_days as u (day, commune, searches)
    select p.day, p.commune, p.number
    from unnest(days, communes, numbers) as p (day, commune, number)
    where not exists (select from app.releases r where r.kind = 'day' and r.first_day = p.day)
    order by p.day, p.commune
    on conflict (day, commune) do update set searches = greatest(u.searches, excluded.searches)
$$;
grant execute on function app.count_searches(date[], text[], int[]) to ecopanier_api;
