-- Add a link with which whoever has it asks for collections of a shop, and return its id.
-- Called by POST /v1/collection-links, as an owner. The API makes the token and shows it once; only its hash comes here.
-- Raises EP409 beyond 20 links that stand.
-- Definer, because nobody may write links. Only an owner of the shop gets through. Locks: the shop (lock_workplace).
create or replace function app.add_collection_link(shop uuid, link_name text, new_token_hash bytea) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    added uuid;
begin
    perform app.lock_workplace(shop, null, 'owner');
    if (select count(*) from app.collection_links k where k.shop_id = shop and k.revoked_at is null) >= 20 then
        raise exception 'collection_link.too_many' using errcode = 'EP409';
    end if;
    insert into app.collection_links (shop_id, name, token_hash, created_by, created_at)
    values (shop, link_name, new_token_hash, app.caller(), app.clock()) returning id into added;
    perform app.note('collection_link.added', 'shop', shop, jsonb_build_object('link', added));
    return added;
end $$;
grant execute on function app.add_collection_link(uuid, text, bytea) to authenticated;
