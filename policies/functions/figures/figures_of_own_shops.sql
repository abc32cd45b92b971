-- Return the figures of all shops with Premium where the caller works, as JSON: the total of a period and of as many days
-- before for each, the shops by name, and for all of them.
-- Called by GET /v1/me/shops/figures. Days are those where each shop is. Raises `premium.needed` if there is no such shop,
-- and what figures raises about the period.
-- Definer, because it sums everybody's reservations at the shops (docs/decisions/figures-of-shops.md).
create or replace function app.figures_of_own_shops(since date default null, until date default null) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    shops jsonb;
begin
    select jsonb_agg(jsonb_build_object('shop_id', s.id, 'shop_name', s.name) || f.figures order by s.name, s.id) into shops
    from app.shops s
    cross join lateral (
        select app.figures(s.id, s.time_zone, since, until, 'month') - array['rows', 'by', 'method'] as figures) f
    where s.id = any (array(select app.shops_of(app.caller(), 'reader')))
      and s.status <> 'closed' and app.entitled(s.owner_id, 'several_shops');
    if shops is null then raise exception 'premium.needed' using errcode = 'EP403'; end if;
    return jsonb_build_object('shops', shops) || (
        select jsonb_object_agg(y.part, y.figures) from (
            select x.part, jsonb_object_agg(x.name, x.total) as figures from (
                select p.part, e.name, sum(e.value::numeric) as total
                from jsonb_array_elements(shops) s
                cross join unnest(array['total', 'before']) as p (part)
                cross join lateral jsonb_each_text(s -> p.part) as e (name, value)
                where e.name not in ('from', 'to')
                group by p.part, e.name) x
            group by x.part) y);
end $$;
grant execute on function app.figures_of_own_shops(date, date) to authenticated;
