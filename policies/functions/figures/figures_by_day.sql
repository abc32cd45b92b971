-- Return what became of the lots whose pickup window ended on each of these days, of one shop or (null) of all.
-- Called by app.figures. Days are those of `zone`, by the end of the window; `since` and `until` are the first and the
-- last one. Days without a lot are left out.
-- A lot counts as a whole and once it is closed, with the free lot beside it: a suspended portion counts as sold at the
-- price of the lot that its merchant listed. So the sums are the same whether a portion was paid or suspended. For the
-- same reason nothing counts what became of the money: a paid portion that nobody collects is not refunded, a
-- suspended one is (docs/decisions/figures-of-shops.md).
-- A withdrawn lot counts with what had been collected of it. What is left of a lot that became free is free: only what
-- was bought before, or suspended, is sold.
-- Definer, because reservations and entries are personal; only the owner may execute it.
create or replace function app.figures_by_day(
    only_shop uuid, zone text, since date, until date,
    out day date, out offered bigint, out reserved bigint, out collected bigint, out revenue_cents bigint,
    out value_saved_cents bigint, out food_grams bigint, out co2e_grams bigint)
returns setof record
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
begin
    return query
    with listed as (
        select l.id, l.status, l.quantity, coalesce(l.price_before_free_cents, l.price_cents) as price_cents,
               l.original_price_cents, app.local_day(l.pickup_end, zone) as ended_on
        from app.lots l
        where (only_shop is null or l.shop_id = only_shop) and l.suspended_from is null
          and l.status in ('ended', 'withdrawn', 'recalled')
          and l.pickup_end >= since::timestamp at time zone zone
          and l.pickup_end < (until + 1)::timestamp at time zone zone
    ), beside as (
        select b.id, b.suspended_from, b.status from listed x join app.lots b on b.suspended_from = x.id
    ), offers as (
        select x.id as listed_id, x.id as lot_id, false as suspended from listed x
        union all
        select b.suspended_from, b.id, true from beside b
    ), taken as (
        select o.listed_id, sum(r.quantity) as reserved,
               sum(r.quantity) filter (where r.status = 'picked_up') as collected,
               sum(r.quantity) filter (where r.status = 'picked_up' and (o.suspended or r.unit_price_cents > 0)) as sold,
               sum(e.food_grams) as food_grams, sum(e.co2e_grams) as co2e_grams
        from offers o
        join app.reservations r on r.lot_id = o.lot_id
        left join app.impact_entries e on e.reservation_id = r.id
        where r.purpose = 'collect' and r.status in ('picked_up', 'no_show')
        group by o.listed_id
    )
    select x.ended_on,
           sum(case x.status when 'withdrawn' then coalesce(t.collected, 0) else x.quantity end)::bigint,
           coalesce(sum(t.reserved), 0)::bigint, coalesce(sum(t.collected), 0)::bigint,
           coalesce(sum(t.sold * x.price_cents), 0)::bigint,
           coalesce(sum(t.collected * x.original_price_cents), 0)::bigint,
           coalesce(sum(t.food_grams), 0)::bigint, coalesce(sum(t.co2e_grams), 0)::bigint
    from listed x left join taken t on t.listed_id = x.id
    where not exists (select from beside b where b.suspended_from = x.id and b.status in ('published', 'paused'))
    group by x.ended_on;
end $$;
