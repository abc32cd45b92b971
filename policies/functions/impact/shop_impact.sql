-- Return the summed impact of the handovers and the collections of one of the caller's shops.
-- Called by GET /v1/impact/shops/{shop_id}, as its merchant.
-- Definer instead of a policy, because an entry tells what was paid and whether somebody was helped.
-- Somebody who reads a sum before and after a handover reads that entry. So money and people helped are counted up to
-- the last midnight where the shop is, a suspended portion counts as sold, and people are counted in whole groups of
-- eleven, the smallest group that any figure tells. Sold and free portions are together in a lot that became free: its
-- value counts from the midnight after its pickup window.
create or replace function app.shop_impact(shop uuid) returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    zone     text := (select s.time_zone from app.shops s where s.id = shop);
    midnight timestamptz := app.local_day(app.clock(), zone)::timestamp at time zone coalesce(zone, 'Europe/Paris');
    mixed    uuid[] := array(
        select r.id from app.lots l join app.reservations r on r.lot_id = l.id
        where l.shop_id = shop and l.converted_at is not null and l.pickup_end >= midnight and r.status = 'picked_up');
begin
    if shop <> all (array(select app.shops_of(app.caller(), 'reader'))) then
        raise exception 'shop.not_found' using errcode = 'EP404';
    end if;
    return (
        select json_build_object(
            'meals', coalesce(round(sum(e.meals), 1), 0),
            'food_kg', coalesce(round(sum(e.food_grams) / 1000.0, 1), 0),
            'co2e_kg', coalesce(round(sum(e.co2e_grams) / 1000.0, 1), 0),
            'value_saved_cents', coalesce(sum(e.value_saved_cents) filter (where counts), 0),
            'saved_by_people_cents', coalesce(sum(e.value_saved_cents - e.recovered_by_shops_cents)
                                              filter (where counts), 0),
            'recovered_by_shops_cents', coalesce(sum(e.recovered_by_shops_cents) filter (where counts), 0),
            'people_helped', coalesce(11 * (sum(e.people_helped) filter (where e.recorded_at < midnight) / 11), 0),
            'method', (select f.method from app.impact_factors f where f.category is null
                       order by f.valid_from desc, f.id desc limit 1),
            'since', min(e.recorded_at))
        from app.impact_recorded e,
        lateral (select e.recorded_at < midnight
                        and (e.reservation_id is null or e.reservation_id <> all (mixed))) x (counts)
        where e.shop_id = shop);
end $$;
grant execute on function app.shop_impact(uuid) to authenticated;
