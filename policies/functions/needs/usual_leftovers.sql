-- Return what a shop usually has left, as JSON: for each day of the week and category, the median over the days of the last
-- 8 weeks on which it had lots of that category. Days on which all went count as 0.
-- Called by GET /v1/shops/{shop_id}/usual-leftovers, as owner, staff or reader of the shop; to anybody else the shop does
-- not exist.
-- Left is what nobody collected of lots that ended, whether an association had it afterwards or not. A portion without a
-- weight counts with that of a meal. Fewer than 3 days tell nothing.
-- Definer, because it sums everybody's reservations at the shop. It tells no kind of portion from another.
create or replace function app.usual_leftovers(shop uuid) returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment timestamptz := app.clock();
    zone   text;
begin
    select s.time_zone into zone from app.shops s
    where s.id = shop and s.id = any (array(select app.shops_of(app.caller(), 'reader')));
    if not found then raise exception 'shop.not_found' using errcode = 'EP404'; end if;
    return (
        with left_of as (
            select l.category, app.local_day(l.pickup_end, zone) as day,
                   coalesce(l.weight_grams, app.setting_int('meal_grams')) as weight,
                   greatest(0, l.quantity - (
                       select coalesce(sum(r.quantity), 0) from app.lots o join app.reservations r on r.lot_id = o.id
                       where (o.id = l.id or o.suspended_from = l.id) and r.status = 'picked_up'
                         and r.purpose = 'collect')) as portions
            from app.lots l
            where l.shop_id = shop and l.status = 'ended' and l.suspended_from is null
              and l.pickup_end > moment - interval '56 days' and l.pickup_end <= moment),
        days as (
            select x.category, x.day, sum(x.portions) as portions, sum(x.portions * x.weight) as grams
            from left_of x group by x.category, x.day),
        usual as (
            select extract(isodow from d.day)::int as weekday, d.category,
                   round(percentile_cont(0.5) within group (order by d.grams::float8))::int as grams,
                   round(percentile_cont(0.5) within group (order by d.portions::float8))::int as portions,
                   count(*)::int as days
            from days d group by 1, 2 having count(*) >= 3)
        select json_build_object('method', 'median', 'weeks', 8, 'data', coalesce(
            json_agg(json_build_object('weekday', u.weekday, 'category', u.category, 'grams', u.grams,
                                       'portions', u.portions, 'days', u.days) order by u.weekday, u.category)
            filter (where u.grams > 0), '[]'))
        from usual u);
end $$;
grant execute on function app.usual_leftovers(uuid) to authenticated;
