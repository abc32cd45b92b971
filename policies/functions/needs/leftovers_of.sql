-- Return what a shop had left in the last 8 weeks: for each day of the week and category, the median over the days on which
-- it had lots of that category, and how many such days there were. Days on which all went count as 0.
-- Called by usual_leftovers and count_leftovers.
-- Left is what nobody collected of lots that ended, whether an association had it afterwards or not. A portion without a
-- weight counts with that of a meal.
-- Definer, because it sums everybody's reservations at the shop; only the owner may execute it. It tells no kind of portion
-- from another.
create or replace function app.leftovers_of(shop uuid, zone text, moment timestamptz)
returns table (weekday int, category text, grams int, portions int, days int)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    return query
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
        from left_of x group by x.category, x.day)
    select extract(isodow from d.day)::int, d.category,
           round(percentile_cont(0.5) within group (order by d.grams::float8))::int,
           round(percentile_cont(0.5) within group (order by d.portions::float8))::int,
           count(*)::int
    from days d group by 1, 2;
end $$;
