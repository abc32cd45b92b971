-- Return, for a day or a month to be published, how many waited without an offer and how many searched without finding
-- anything, by territory.
-- Called by publish_release, in its transaction. In whole groups of eleven by commune and day; arrondissements and zones
-- have none, larger territories the sum of their communes, a month the sum of its days as they were published: so no
-- subtraction tells about fewer. A correction repeats what it corrects.
-- Definer; only the owner may execute it. Locks: numbers of unmet demand.
create or replace function app.unmet_demand(wanted_kind text, since date, until date, corrected bigint)
returns table (code text, waiting int, searches int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    if corrected is not null then
        return query select x.code, x.waiting, x.searches from app.released_figures x
                     where x.release_id = corrected and x.category = '' and x.waiting is not null;
        return;
    end if;
    if wanted_kind = 'day' then
        -- People, once each a commune and day.
        insert into app.unmet_days as u (day, commune, waiting)
        select since, coalesce(t.commune, t.code), count(distinct w.account_id)
        from app.waiting w join app.lots l on l.id = w.lot_id join app.shops s on s.id = l.shop_id
        join app.territories t on t.code = app.commune_on(s.insee_code, since)
        where w.ended_at >= since::timestamp at time zone 'Europe/Paris'
          and w.ended_at < (since + 1)::timestamp at time zone 'Europe/Paris'
          and w.status = 'closed' and w.offered is null
        group by 2 order by 2
        on conflict (day, commune) do update set waiting = excluded.waiting;
    end if;
    return query
    select c.code, sum(u.waiting)::int, sum(u.searches)::int
    from (
        select x.commune, 11 * (x.waiting / 11) as waiting, 11 * (x.searches / 11) as searches
        from app.unmet_days x where wanted_kind = 'day' and x.day = since
        union all
        select x.code, x.waiting, x.searches
        from app.released_figures x join app.releases r on r.id = x.release_id
        where wanted_kind = 'month' and r.kind = 'day' and r.corrects is null and r.first_day between since and until
          and x.level = 'commune' and x.category = '' and x.waiting is not null) u
    join app.territories t on t.code = u.commune
    cross join lateral unnest(array['FR', t.region, t.department, t.epci, t.code]) c (code)
    join app.territories a on a.code = c.code
    where u.waiting > 0 or u.searches > 0
    group by c.code;
end $$;
