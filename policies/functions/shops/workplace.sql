-- Return what everybody who works at a shop sees of it on each page, and the caller's role there, as JSON.
-- Called by GET /v1/shops/{shop_id}/workplace, and by shop_day and shop_figures; to anybody but its members the shop does
-- not exist.
-- Definer, because why lots are paused is granted to nobody: see paused_since.
create or replace function app.workplace(shop uuid) returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    found json;
begin
    select json_build_object('id', s.id, 'name', s.name, 'status', s.status, 'time_zone', s.time_zone,
                             'paused_at', s.paused_at, 'insee_code', s.insee_code, 'role', m.role,
                             'in_territory', app.in_territory(s.insee_code, s.latitude, s.longitude))
    into found
    from app.members m join app.shops s on s.id = m.shop_id
    where m.shop_id = workplace.shop and m.account_id = app.caller();
    if found is null then raise exception 'shop.not_found' using errcode = 'EP404'; end if;
    return found;
end $$;
grant execute on function app.workplace(uuid) to authenticated;
