-- Return the figures of a shop by days, weeks or months that are over where it is, as JSON, with the caller's role there (null
-- for an admin).
-- Called by GET /v1/shops/{shop_id}/figures and its .csv, as an owner, staff or reader of the shop, or as an admin; to
-- anybody else the shop does not exist. Without a first day, `days` says how many there are; see figures for the rest.
-- Definer, because it sums everybody's reservations at the shop (docs/decisions/figures-of-shops.md).
create or replace function app.shop_figures(
    shop uuid, since date default null, until date default null, step text default 'day', days int default null) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    house record;
begin
    select s.name, s.time_zone, m.role into house
    from app.shops s left join app.members m on m.shop_id = s.id and m.account_id = app.caller()
    where s.id = shop and (m.id is not null or app.caller_role() = 'admin');
    if not found then raise exception 'shop.not_found' using errcode = 'EP404'; end if;
    if since is null and days is not null then
        until := coalesce(until, app.local_day(app.clock(), house.time_zone) - 1);
        since := until - days + 1;
    end if;
    return jsonb_build_object('shop_name', house.name, 'role', house.role)
        || app.figures(shop, house.time_zone, since, until, step);
end $$;
grant execute on function app.shop_figures(uuid, date, date, text, int) to authenticated;
