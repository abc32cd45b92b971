-- Return what one shop handed over on one day in one category, for all of these days, with who took how much: what disclosure
-- control decides by (backend/territories/disclosure.py). People are numbered for this answer alone. What a shop did
-- without handing anything over is an element too, with nobody.
-- Called by the worker when it publishes and, `anew` from the entries, by `ecopanier figures correct`. Definer, because entries are personal;
-- the numbers leave the database for the worker's memory only.
create or replace function app.release_elements(since date, until date, anew boolean default false)
returns table (day date, shop_id uuid, category text, siren text, known boolean, funded boolean, region text, department text, epci text,
               commune text, arrondissement text, zone text, donated_grams bigint, donated_cents bigint, people int[],
               grams bigint[], cents bigint[], recovered_cents bigint[], given_grams bigint[], given_cents bigint[],
               sold_grams bigint[])
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with taken as (
        select app.paris_day(e.recorded_at) as day, e.shop_id, e.category, e.account_id, sum(e.food_grams)::bigint as grams,
               sum(e.value_saved_cents)::bigint as cents, sum(e.recovered_by_shops_cents)::bigint as recovered,
               coalesce(sum(e.food_grams) filter (where e.given), 0)::bigint as given,
               coalesce(sum(e.value_saved_cents) filter (where e.given), 0)::bigint as given_cents,
               coalesce(sum(e.food_grams) filter (where not e.given), 0)::bigint as sold
        from app.impact_entries e
        where e.recorded_at >= since::timestamp at time zone 'Europe/Paris'
          and e.recorded_at < (until + 1)::timestamp at time zone 'Europe/Paris'
        group by 1, 2, 3, 4
    ), numbered as (
        select x.*, dense_rank() over (order by x.account_id)::int as person from taken x
    ), by_shop as (
        select n.day, n.shop_id, n.category, array_agg(n.person order by n.person) as people,
               array_agg(n.grams order by n.person) as grams, array_agg(n.cents order by n.person) as cents,
               array_agg(n.recovered order by n.person) as recovered, array_agg(n.given order by n.person) as given,
               array_agg(n.given_cents order by n.person) as given_cents,
               array_agg(n.sold order by n.person) as sold, sum(n.cents)::bigint as all_cents
        from numbered n group by n.day, n.shop_id, n.category
    )
    select f.day, f.shop_id, f.category, p.siren, p.known, exists (
               select from app.funds u
               where u.decided_at is not null and u.status <> 'rejected'
                 and f.day between u.first_day and coalesce(u.ended_on, u.last_day)
                 and (u.categories is null or f.category = any (u.categories))
                 and u.territory_code = any (array['FR', p.region, p.department, p.epci, p.commune, p.arrondissement,
                                                   p.zone])),
           p.region, p.department, p.epci, p.commune, p.arrondissement, p.zone,
           f.donated_grams, f.value_saved_cents - coalesce(b.all_cents, 0), coalesce(b.people, '{}'),
           coalesce(b.grams, '{}'), coalesce(b.cents, '{}'), coalesce(b.recovered, '{}'), coalesce(b.given, '{}'),
           coalesce(b.given_cents, '{}'), coalesce(b.sold, '{}')
    from app.figures_between(since, until, anew) f
    join app.places_of_shops(since, until, anew) p on p.day = f.day and p.shop_id = f.shop_id
    left join by_shop b on b.day = f.day and b.shop_id = f.shop_id and b.category = f.category
    where f.category <> ''
    order by f.day, f.shop_id, f.category
$$;
grant execute on function app.release_elements(date, date, boolean) to ecopanier_worker;
