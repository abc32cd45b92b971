-- Return what is sold in a territory right now, as JSON: shops with discounted lots, these lots and their portions that are
-- left. Null if the caller does not see the territory so (sees_territory).
-- Free lots are not counted: only beneficiaries see them, and what is left of them would tell each portion that one of
-- them reserves, by the difference of two readings. What is left of discounted lots anybody can read.
-- Called by GET /v1/territories/{code}/live, as the API, for members of organisations and API clients. Fewer than three merchants,
-- counted by SIREN, are told by nothing but that: an unsold portion is their affair.
-- Definer, because nobody is granted the tables.
create or replace function app.live_figures(wanted text, caller uuid default null, client uuid default null) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with offers as (
        select s.id as shop_id, left(s.siret, 9) as siren, k.remaining
        from app.territories w
        join app.territories t
            on w.code = any (array['FR', t.region, t.department, t.epci, t.commune, t.code])
               or w.kind = 'zone' and t.code = w.commune
               or w.kind = 'zone' and t.commune = w.commune and t.kind = 'arrondissement'
        join app.shops s on s.insee_code = t.code and s.status = 'verified'
        join app.lots l on l.shop_id = s.id and l.status = 'published' and l.kind = 'discounted'
                           and l.pickup_end > app.clock()
        join app.lot_stock k on k.lot_id = l.id and k.remaining > 0
        where w.code = wanted and t.kind in ('commune', 'arrondissement')
          and (w.kind <> 'zone' or exists (
              select from app.zone_shapes z cross join unnest(z.shapes) p (shape)
              where z.code = w.code and z.valid_from <= app.paris_day(app.clock())
                and (z.valid_until is null or z.valid_until > app.paris_day(app.clock()))
                and p.shape::polygon @> point(s.longitude, s.latitude)))
    )
    select case when app.sees_territory(caller, client, wanted) then (
        select case when count(distinct o.siren) >= 3
               then json_build_object('at', app.clock(), 'suppressed', false, 'shops', count(distinct o.shop_id),
                                      'lots', count(*), 'portions', sum(o.remaining))
               else json_build_object('at', app.clock(), 'suppressed', true) end::text
        from offers o) end
$$;
grant execute on function app.live_figures(text, uuid, uuid) to ecopanier_api;
