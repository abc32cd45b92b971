-- Return in which territories each shop was that has figures on these days: for each day and shop the codes of them, null
-- where it is in none, and whether it shows its figures itself.
-- Called by release_elements and publish_release. Zones are those of the day's month; on a border
-- the point belongs to the zone with the lower code. Definer, because nobody is granted the tables; only the owner may
-- execute it.
create or replace function app.places_of_shops(since date, until date, anew boolean)
returns table (day date, shop_id uuid, siren text, known boolean, region text, department text, epci text, commune text,
               arrondissement text, zone text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select d.day, d.shop_id, left(s.siret, 9), s.shows_impact, t.region, t.department, t.epci,
           case t.kind when 'commune' then t.code else t.commune end, case t.kind when 'arrondissement' then t.code end, (
               select z.code from app.zone_shapes z
               where z.commune = case t.kind when 'commune' then t.code else t.commune end
                 and z.valid_from <= d.day and (z.valid_until is null or z.valid_until > d.day)
                 and exists (select from unnest(z.shapes) p (shape)
                             where p.shape::polygon @> point(site.longitude, site.latitude))
               order by z.code limit 1)
    from (select distinct f.day, f.shop_id from app.figures_between(since, until, anew) f) d
    join app.shops s on s.id = d.shop_id
    cross join lateral (
        -- What was before the first is taken for it.
        select x.insee_code, x.latitude, x.longitude from app.shop_sites x
        where x.shop_id = d.shop_id order by (x.since <= d.day) desc, abs(x.since - d.day) limit 1) site
    left join app.territories t on t.code = app.commune_on(site.insee_code, d.day)
$$;
