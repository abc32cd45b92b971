-- Revoke a link that asks for collections: it is worth nothing from the next request on. Revoking again changes nothing.
-- Called by DELETE /v1/collection-links/{link_id}, as an owner of its shop.
-- Definer, because nobody may write links. Only an owner of the shop gets through. Locks: the shop (lock_workplace), the link.
create or replace function app.revoke_collection_link(link uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    shop uuid := (select k.shop_id from app.collection_links k where k.id = link);
begin
    if shop is null or shop <> all (array(select app.shops_of(app.caller(), 'owner'))) then
        raise exception 'collection_link.not_found' using errcode = 'EP404';
    end if;
    perform app.lock_workplace(shop, null, 'owner');
    update app.collection_links k set revoked_at = app.clock() where k.id = link and k.revoked_at is null;
    if found then perform app.note('collection_link.revoked', 'shop', shop, jsonb_build_object('link', link)); end if;
end $$;
grant execute on function app.revoke_collection_link(uuid) to authenticated;
