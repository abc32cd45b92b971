-- Publish the figures of a day or month; return the id of the release, null if the period is published already.
-- Called by the worker's job territories.release, and with `corrects` and `why` by `ecopanier figures correct`. Which cells are told
-- was decided by backend/territories/disclosure.py; here they are added up. `given_told` and `parts_told` say of which cells
-- the free portions and the two parts of the value are told. A month also tells value and people helped, in whole groups
-- of eleven. Waiting and searches are told in whole groups of eleven by commune and day; what is larger or longer is
-- their sum. Organisations hear of it by their webhooks.
-- Definer, because nobody may write published figures; only the worker may execute it.
-- Locks: an advisory lock, so that no two publish at once.
create or replace function app.publish_release(
    wanted_kind text, since date, until date, codes text[], categories text[], told boolean[],
    given_told boolean[], parts_told boolean[], corrected bigint default null, reason text default null)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    release bigint;
begin
    perform pg_advisory_xact_lock(hashtext('publish_release'));
    if corrected is null and exists (select from app.releases r where r.kind = wanted_kind and r.first_day = since) then
        return null;
    end if;
    insert into app.releases (kind, first_day, last_day, at, corrects, why, method)
    values (wanted_kind, since, until, app.clock(), corrected, reason, (
        select f.method from app.impact_factors f where f.category is null and f.valid_from <= until
        order by f.valid_from desc, f.id desc limit 1))
    returning id into release;

    insert into app.released_figures
        (release_id, code, category, kind, first_day, level, suppressed, shops, lots, offered, unsold, collected, given,
         food_grams, meals, co2e_grams, collections, donated_grams, metres, people_helped, value_saved_cents,
         recovered_by_shops_cents, waiting, searches)
    with helped as (
        select app.paris_day(e.recorded_at) as day, e.shop_id, e.category, sum(e.people_helped)::int as people
        from app.impact_entries e
        where wanted_kind = 'month' and e.people_helped > 0
          and e.recorded_at >= since::timestamp at time zone 'Europe/Paris'
          and e.recorded_at < (until + 1)::timestamp at time zone 'Europe/Paris'
        group by 1, 2, 3
    ), rows as (
        select c.code, f.*, coalesce(h.people, 0) as people
        from app.figures_between(since, until, corrected is not null) f
        join app.places_of_shops(since, until, corrected is not null) p on p.day = f.day and p.shop_id = f.shop_id
        left join helped h on h.day = f.day and h.shop_id = f.shop_id and h.category = f.category
        cross join lateral unnest(array['FR', p.region, p.department, p.epci, p.commune, p.arrondissement, p.zone]) c (code)
        where c.code is not null
    ), sums as (
        select x.code, case grouping(x.category) when 1 then '' else x.category end as category,
               count(distinct x.shop_id)::int as shops, sum(x.lots)::int as lots, sum(x.offered)::int as offered,
               sum(x.unsold)::int as unsold, sum(x.collected)::int as collected, sum(x.given)::int as given,
               sum(x.food_grams)::bigint as food_grams, sum(x.meals) as meals, sum(x.co2e_grams)::bigint as co2e_grams,
               sum(x.collections)::int as collections, sum(x.donated_grams)::bigint as donated_grams,
               sum(x.metres)::bigint as metres, sum(x.people)::int as people,
               sum(x.value_saved_cents)::bigint as value, sum(x.recovered_by_shops_cents)::bigint as recovered
        from rows x group by grouping sets ((x.code), (x.code, x.category))
        having grouping(x.category) = 1 or x.category <> ''
    )
    select release, coalesce(a.code, u.code), coalesce(a.category, ''), wanted_kind, since, t.kind, a.told is not true,
           s.shops, s.lots, s.offered, s.unsold, s.collected, case when a.given then s.given end, s.food_grams, s.meals,
           s.co2e_grams, case a.category when '' then s.collections end, s.donated_grams,
           case a.category when '' then s.metres end,
           case when wanted_kind = 'month' and a.told then 11 * (s.people / 11) end,
           case when wanted_kind = 'month' then s.value end,
           case when wanted_kind = 'month' and a.parts then s.recovered end, u.waiting, u.searches
    from unnest(codes, categories, told, given_told, parts_told) as a (code, category, told, given, parts)
    full join app.unmet_demand(wanted_kind, since, until, corrected) u on u.code = a.code and a.category = ''
    join app.territories t on t.code = coalesce(a.code, u.code)
    left join sums s on s.code = a.code and s.category = a.category and a.told
    order by 2, 3;
    perform app.tell_webhooks('organisation', o.id, 'figures.released.v1',
                              format('/v1/territories/%s/figures?from=%s&to=%s&by=%s', o.territory_code, since, until, wanted_kind))
    from app.organisations o where o.status = 'active' and exists (
        select from app.webhook_endpoints e where e.organisation_id = o.id and e.off_at is null);
    return release;
end $$;
grant execute on function app.publish_release(text, date, date, text[], text[], boolean[], boolean[], boolean[], bigint, text)
    to ecopanier_worker;
