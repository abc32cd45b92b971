-- Return what became of the lots whose pickup window ended on each of these days, of one shop or (null) of all.
-- Called by app.figures. Days are those of `zone`, by the end of the window; `since` and `until` are the first and the
-- last one. Days without a lot are left out.
-- A lot counts as a whole and once it is closed, with the free lot beside it: a suspended portion counts as sold at the
-- price of the lot that its merchant listed. So the sums are the same whether a portion was paid or suspended. For the
-- same reason nothing counts what became of the money: a paid portion that nobody collects is not refunded, a
-- suspended one is (docs/decisions/figures-of-shops.md).
-- A withdrawn lot counts with what had been collected of it. What is left of a lot that became free is free: only what
-- was bought before, or suspended, is sold. A draft that was recalled has not ended as a lot, and does not count.
-- Lots and reservations are added up in one pass, so that a plan that expects few rows does not join every lot with every
-- other one. Lots of one shop and of all are read apart, so that one plan has an index for each. The sums of all shops on
-- days that close_platform_days has closed are kept: these are days in Paris, the only ones that are asked for all shops.
-- Definer, because reservations and entries are personal; only the owner may execute it.
create or replace function app.figures_by_day(
    only_shop uuid, zone text, since date, until date,
    out day date, out offered bigint, out reserved bigint, out collected bigint, out revenue_cents bigint,
    out value_saved_cents bigint, out food_grams bigint, out co2e_grams bigint)
returns setof record
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
declare
    begins timestamptz := since::timestamp at time zone zone;
    ends   timestamptz := (until + 1)::timestamp at time zone zone;
    closed_until date;
begin
    if only_shop is null then
        select max(p.day) into closed_until from app.platform_days p;
        begins := greatest(begins, (closed_until + 1)::timestamp at time zone zone);
    end if;
    return query
    with closed as (
        select l.id, l.status, l.quantity, coalesce(l.price_before_free_cents, l.price_cents) as price_cents,
               l.original_price_cents, app.local_day(l.pickup_end, zone) as ended_on
        from app.lots l
        where only_shop is null and l.suspended_from is null and l.status in ('ended', 'withdrawn', 'recalled')
          and l.pickup_end >= begins and l.pickup_end < ends
          and (l.status <> 'recalled' or exists (select from app.lot_ends e where e.lot_id = l.id))
        union all
        select l.id, l.status, l.quantity, coalesce(l.price_before_free_cents, l.price_cents),
               l.original_price_cents, app.local_day(l.pickup_end, zone)
        from app.lots l
        where l.shop_id = only_shop and l.suspended_from is null and l.status in ('ended', 'withdrawn', 'recalled')
          and l.pickup_end >= begins and l.pickup_end < ends
          and (l.status <> 'recalled' or exists (select from app.lot_ends e where e.lot_id = l.id))
    ), listed as materialized (
        select c.*, b.id as beside
        from closed c left join app.lots b on b.suspended_from = c.id
        where b.status is null or b.status not in ('published', 'paused')
    ), offers as (
        select x.*, x.id as lot_id, false as suspended from listed x
        union all
        select x.*, x.beside, true from listed x where x.beside is not null
    ), counted as (
        select x.ended_on, case x.status when 'withdrawn' then 0 else x.quantity end as offered, 0 as reserved,
               0 as collected, 0 as revenue_cents, 0 as value_saved_cents, 0 as food_grams, 0 as co2e_grams
        from listed x
        union all
        select o.ended_on, case o.status when 'withdrawn' then t.collected else 0 end, r.quantity, t.collected,
               case when o.suspended or r.unit_price_cents > 0 then t.collected * o.price_cents else 0 end,
               t.collected * o.original_price_cents, e.food_grams, e.co2e_grams
        from offers o
        join app.reservations r on r.lot_id = o.lot_id and r.purpose = 'collect' and r.status in ('picked_up', 'no_show')
        cross join lateral (select case r.status when 'picked_up' then r.quantity::bigint else 0 end) t (collected)
        left join app.impact_entries e on e.reservation_id = r.id
    )
    select c.ended_on, sum(c.offered)::bigint, sum(c.reserved)::bigint, sum(c.collected)::bigint,
           sum(c.revenue_cents)::bigint, sum(c.value_saved_cents)::bigint, sum(c.food_grams)::bigint,
           sum(c.co2e_grams)::bigint
    from counted c group by c.ended_on
    union all
    select p.* from app.platform_days p where only_shop is null and p.day between since and until;
end $$;
