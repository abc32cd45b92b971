-- Return the figures of a shop by item, the most collected first, as JSON: those of a period and of as many days before, at
-- most `most` items. An item is all lots of the same title, whatever its case.
-- Called by GET /v1/shops/{shop_id}/figures/items, as an owner, staff or reader of a shop with Premium, or as an admin; to
-- anybody else the shop does not exist. Raises `premium.needed`, and what figures raises about the period.
-- Lots count as in figures_by_day: as a whole, with the free lot beside them, so that a suspended portion counts as a sold
-- one. The sums of all items are those of the shop; a test compares them.
-- Definer, because it sums everybody's reservations at the shop (docs/decisions/figures-of-shops.md).
create or replace function app.shop_figures_of_items(
    shop uuid, since date default null, until date default null, most int default 100) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
    house app.shops;
    whole jsonb;
    days  int;
begin
    select s.* into house from app.shops s
    where s.id = shop and (s.id = any (array(select app.shops_of(app.caller(), 'reader'))) or app.caller_role() = 'admin');
    if not found then raise exception 'shop.not_found' using errcode = 'EP404'; end if;
    perform app.require_premium(shop, 'figures');
    whole := app.figures(shop, house.time_zone, since, until, 'month');
    since := whole ->> 'from';
    until := whole ->> 'to';
    days := until - since + 1;

    return whole - array['rows', 'by'] || jsonb_build_object('shop_name', house.name, 'items', (
        with listed as (
            select l.id, l.status, l.quantity, coalesce(l.price_before_free_cents, l.price_cents) as price_cents,
                   l.original_price_cents, l.title, l.category, app.local_day(l.pickup_end, house.time_zone) < since as earlier
            from app.lots l
            where l.shop_id = house.id and l.suspended_from is null and l.status in ('ended', 'withdrawn', 'recalled')
              and l.pickup_end >= (since - days)::timestamp at time zone house.time_zone
              and l.pickup_end < (until + 1)::timestamp at time zone house.time_zone
              and (l.status <> 'recalled' or exists (select from app.lot_ends e where e.lot_id = l.id))
              and not exists (select from app.lots b where b.suspended_from = l.id and b.status in ('published', 'paused'))
        ), offers as (
            select x.id as listed_id, x.id as lot_id, false as suspended from listed x
            union all
            select b.suspended_from, b.id, true from listed x join app.lots b on b.suspended_from = x.id
        ), taken as (
            select o.listed_id, sum(r.quantity) as reserved,
                   sum(r.quantity) filter (where r.status = 'picked_up') as collected,
                   sum(r.quantity) filter (where r.status = 'picked_up' and (o.suspended or r.unit_price_cents > 0)) as sold,
                   sum(e.food_grams) as food_grams
            from offers o
            join app.reservations r on r.lot_id = o.lot_id
            left join app.impact_entries e on e.reservation_id = r.id
            where r.purpose = 'collect' and r.status in ('picked_up', 'no_show')
            group by o.listed_id
        ), sums as (
            select lower(x.title) as item, x.earlier, max(x.id::text) as newest, count(*) as lots,
                   sum(case x.status when 'withdrawn' then coalesce(t.collected, 0) else x.quantity end) as offered,
                   coalesce(sum(t.reserved), 0) as reserved, coalesce(sum(t.collected), 0) as collected,
                   coalesce(sum(t.sold * x.price_cents), 0) as revenue_cents,
                   coalesce(sum(t.collected * x.original_price_cents), 0) as value_saved_cents,
                   coalesce(round(sum(t.food_grams) / 1000, 1), 0) as food_kg
            from listed x left join taken t on t.listed_id = x.id
            group by lower(x.title), x.earlier
        ), told as (
            select s.item, s.earlier, s.newest, s.collected,
                   jsonb_build_object('lots', s.lots, 'offered', s.offered, 'reserved', s.reserved, 'collected', s.collected,
                                      'lost', s.offered - s.collected, 'revenue_cents', s.revenue_cents,
                                      'value_saved_cents', s.value_saved_cents, 'food_kg', s.food_kg) as figures
            from sums s
        ), items as (
            select coalesce(n.newest, b.newest) as newest, n.figures as total, b.figures as before,
                   coalesce(n.collected, 0) as collected, coalesce(n.item, b.item) as item
            from (select t.* from told t where not t.earlier) n
            full join (select t.* from told t where t.earlier) b on b.item = n.item
            order by 4 desc, 5 limit most
        )
        select coalesce(jsonb_agg(jsonb_build_object('title', x.title, 'category', x.category, 'total', i.total,
                                                     'before', i.before) order by i.collected desc, i.item), '[]')
        from items i join listed x on x.id::text = i.newest));
end $$;
grant execute on function app.shop_figures_of_items(uuid, date, date, int) to authenticated;
