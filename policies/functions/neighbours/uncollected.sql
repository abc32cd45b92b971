-- Return for up to `most` communes of a territory, after an INSEE code, what shops regularly leave there, how much of it nobody
-- collects, and what associations there lack, as JSON. Numbers only: no shop is named, whether it shows its leftovers or not.
-- Called by GET /v1/neighbours/uncollected, as an admin. Of shops with regular leftovers it counts those that have no running
-- agreement, and of those, separately, whether an association fetches that food from there (its categories, its distance), and
-- whether a verified collector drives there.
-- Planned once, because planning it takes longer than running it.
-- Definer, because it sums over everybody's rows.
create or replace function app.uncollected(territory text, after_code text, most int) returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
declare
    moment   timestamptz := app.clock();
    communes text[];
begin
    if app.caller_role() is distinct from 'admin' then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    communes := app.communes_in(territory);
    return (
        with leaving as (
            select s.id, s.insee_code, s.place, s.latitude,
                   (select sum(l.grams) from app.shop_leftovers l where l.shop_id = s.id) as grams,
                   exists (select from app.agreements g where g.shop_id = s.id and g.status = 'confirmed'
                             and (g.ends_on is null or g.ends_on >= app.local_day(moment, s.time_zone))) as agreed
            from app.shops s
            where s.status = 'verified' and exists (select from app.shop_leftovers l where l.shop_id = s.id)
              and (communes is null or s.insee_code = any (communes)) and s.insee_code > after_code collate "C"),
        lacking as (
            select a.insee_code, c.category, count(*) as associations
            from app.association_needs n join app.associations a on a.id = n.association_id and a.status = 'verified'
            cross join unnest(n.lacks) as c (category)
            where (communes is null or a.insee_code = any (communes)) and a.insee_code > after_code collate "C"
            group by a.insee_code, c.category),
        page as (
            select x.insee_code from (select insee_code from leaving union select insee_code from lacking) x
            order by x.insee_code collate "C" limit most),
        judged as (
            select v.*,
                   not v.agreed and not exists (
                       select from app.association_needs n
                       join app.associations a on a.id = n.association_id and a.status = 'verified'
                       join app.collection_points o on o.association_id = a.id and o.kind = 'association'
                       where (v.place <-> coalesce(a.place, o.place)) * cos(radians(v.latitude)) <= n.farthest_metres
                         and exists (select from app.shop_leftovers l where l.shop_id = v.id
                                       and l.category = any (n.takes) and l.weekday = any (n.weekdays)
                                       and (l.category <> 'frozen' or n.frozen))) as unwanted,
                   not v.agreed and not exists (
                       select from app.collector_profiles p join app.collectors c on c.id = p.collector_id
                       where c.status = 'verified'
                         and (v.place <-> p.place) * cos(radians(v.latitude)) <= p.radius_metres) as undriven
            from leaving v join page g on g.insee_code = v.insee_code)
        select coalesce(json_agg(json_build_object(
                   'insee_code', g.insee_code, 'name', coalesce(t.name, g.insee_code), 'shops', coalesce(j.shops, 0),
                   'grams_a_week', coalesce(j.grams, 0), 'without_agreement', coalesce(j.without_agreement, 0),
                   'without_agreement_grams', coalesce(j.without_agreement_grams, 0),
                   'without_association', coalesce(j.without_association, 0),
                   'without_collector', coalesce(j.without_collector, 0),
                   'left', (select coalesce(json_agg(json_build_object('category', c.category, 'weekday', c.weekday,
                                                                      'grams', c.grams)
                                                     order by c.weekday, c.category), '[]')
                            from (select l.category, l.weekday, sum(l.grams) as grams
                                  from judged v join app.shop_leftovers l on l.shop_id = v.id
                                  where v.insee_code = g.insee_code group by l.category, l.weekday) c),
                   'lacks', (select coalesce(json_agg(json_build_object('category', k.category,
                                                                        'associations', k.associations)
                                                      order by k.associations desc, k.category), '[]')
                             from lacking k where k.insee_code = g.insee_code)) order by g.insee_code collate "C"), '[]')
        from page g left join app.territories t on t.code = g.insee_code
        left join (
            select v.insee_code, count(*) as shops, sum(v.grams) as grams,
                   count(*) filter (where not v.agreed) as without_agreement,
                   sum(v.grams) filter (where not v.agreed) as without_agreement_grams,
                   count(*) filter (where v.unwanted) as without_association,
                   count(*) filter (where v.undriven) as without_collector
            from judged v group by v.insee_code) j on j.insee_code = g.insee_code);
end $$;
grant execute on function app.uncollected(text, text, int) to authenticated;
