-- Return the figures of a shop by days, weeks or months that are over where it is, as JSON.
-- Called by GET /v1/shops/{shop_id}/figures and its .csv, as an owner, staff or reader of the shop, or as an admin; to
-- anybody else the shop does not exist.
-- Definer, because it sums everybody's reservations at the shop (docs/decisions/figures-of-shops.md).
create or replace function app.shop_figures(
    shop uuid, since date default null, until date default null, step text default 'day') returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    house app.shops;
begin
    select s.* into house from app.shops s
    where s.id = shop and (s.id = any (array(select app.shops_of(app.caller(), 'reader'))) or app.caller_role() = 'admin');
    if not found then raise exception 'shop.not_found' using errcode = 'EP404'; end if;
    return jsonb_build_object('shop_name', house.name) || app.figures(shop, house.time_zone, since, until, step);
end $$;
grant execute on function app.shop_figures(uuid, date, date, text) to authenticated;
