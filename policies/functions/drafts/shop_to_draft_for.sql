-- Return the caller's shop for which a lot is to be drafted; it must be named if there are several.
-- Called by POST /v1/lots/drafts, before the photo is decoded, and by begin_draft.
-- Photos of a shop that is not verified are not drafted: anybody can register many shops, and decoding a photo costs far
-- more than sending it.
-- Definer, because members of shops are nobody's to read. Only shops where the caller is owner or staff get through. Locks nothing.
create or replace function app.shop_to_draft_for(
    wanted_shop uuid, out shop uuid, out shop_category text, out time_zone text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    status text;
begin
    select s.id, s.category, s.time_zone, s.status into shop, shop_category, time_zone, status from app.shops s
    where s.id = any (array(select app.shops_of(app.caller(), 'staff'))) and (wanted_shop is null or s.id = wanted_shop)
    order by s.id limit 1;
    if not found then raise exception 'shop.not_found' using errcode = 'EP404'; end if;
    if wanted_shop is null and (select count(*) from app.shops_of(app.caller(), 'staff')) > 1 then
        raise exception 'draft.which_shop' using errcode = 'EP422';
    end if;
    if status <> 'verified' then raise exception 'shop.not_verified' using errcode = 'EP409'; end if;
end $$;
grant execute on function app.shop_to_draft_for(uuid) to authenticated;
