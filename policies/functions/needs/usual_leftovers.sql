-- Return what a shop usually has left, as JSON: for each day of the week and category, the median over the days of the last
-- 8 weeks on which it had lots of that category (leftovers_of).
-- Called by GET /v1/shops/{shop_id}/usual-leftovers, as owner, staff or reader of the shop; to anybody else the shop does
-- not exist. Fewer than 3 days tell nothing.
-- Definer, because leftovers_of sums everybody's reservations at the shop.
create or replace function app.usual_leftovers(shop uuid) returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    zone text;
begin
    select s.time_zone into zone from app.shops s
    where s.id = shop and s.id = any (array(select app.shops_of(app.caller(), 'reader')));
    if not found then raise exception 'shop.not_found' using errcode = 'EP404'; end if;
    return (
        select json_build_object('method', 'median', 'weeks', 8, 'data', coalesce(
            json_agg(json_build_object('weekday', u.weekday, 'category', u.category, 'grams', u.grams,
                                       'portions', u.portions, 'days', u.days) order by u.weekday, u.category), '[]'))
        from app.leftovers_of(shop, zone, app.clock()) u where u.days >= 3 and u.grams > 0);
end $$;
grant execute on function app.usual_leftovers(uuid) to authenticated;
