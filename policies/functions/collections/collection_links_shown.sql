-- Return the links of a shop that ask for collections, newest first, as a JSON list; one link if it is named.
-- Called by GET and POST /v1/collection-links, as an owner; at most 100, those that stand first.
-- Definer, because nobody may read links, whose hashes stay here. Only an owner of the shop gets through.
create or replace function app.collection_links_shown(shop uuid, link uuid default null) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    if shop <> all (array(select app.shops_of(app.caller(), 'owner'))) then
        raise exception 'shop.not_found' using errcode = 'EP404';
    end if;
    return (
        select coalesce(jsonb_agg(jsonb_build_object(
                   'id', k.id, 'shop_id', k.shop_id, 'name', k.name, 'created_at', k.created_at,
                   'revoked_at', k.revoked_at, 'last_used_at', k.last_used_at)
                   order by k.revoked_at is not null, k.id desc), '[]')
        from (select * from app.collection_links x
              where x.shop_id = shop and (link is null or x.id = link)
              order by x.revoked_at is not null, x.id desc limit 100) k);
end $$;
grant execute on function app.collection_links_shown(uuid, uuid) to authenticated;
