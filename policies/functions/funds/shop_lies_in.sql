-- Return whether a shop lies in a territory on a day: by its commune and point of then, the map of then, and the zones of
-- that month. On a border the point belongs to the zone with the lower code.
-- Called by fits_fund and settle_funds. Definer, because only acts read territories; only the owner may execute it.
create or replace function app.shop_lies_in(shop uuid, territory text, day date) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (
        select from (
            select x.insee_code, x.latitude, x.longitude from app.shop_sites x where x.shop_id = shop
            order by (x.since <= day) desc, abs(x.since - day) limit 1) site
        join app.territories t on t.code = app.commune_on(site.insee_code, day)
        join app.territories o on o.code = territory
        where case o.kind
            when 'country' then true
            when 'region' then t.region = o.code
            when 'department' then t.department = o.code
            when 'epci' then t.epci = o.code
            when 'zone' then o.code = (
                select z.code from app.zone_shapes z
                where z.commune = coalesce(t.commune, t.code)
                  and z.valid_from <= day and (z.valid_until is null or z.valid_until > day)
                  and exists (select from unnest(z.shapes) p (shape)
                              where p.shape::polygon @> point(site.longitude, site.latitude))
                order by z.code limit 1)
            else app.commune_on(o.code, day) in (t.code, t.commune) end)
$$;
