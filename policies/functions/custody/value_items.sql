-- Set the values of the items of a collection: what the whole requested amount of each cost the shop, in cents. Only the
-- shop values what it gives; once a donation receipt names it, the value does not change any more.
-- Called by PUT /v1/collections/{collection_id}/values. Definer, because nobody may write items; it lets through owners of the
-- shop. Locks: the collection.
create or replace function app.value_items(collection uuid, items jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    perform from app.collections c
    where c.id = value_items.collection and c.shop_id = any (array(select app.shops_of(app.caller(), 'owner')))
    for update;
    if not found then raise exception 'collection.not_found' using errcode = 'EP404'; end if;
    if exists (select from app.donated_collections d where d.collection_id = value_items.collection) then
        raise exception 'donation.issued' using errcode = 'EP409';
    end if;
    update app.collection_items i set value_cents = s.value_cents
    from jsonb_to_recordset(items) as s (item_id uuid, value_cents int)
    where i.id = s.item_id and i.collection_id = value_items.collection;
end $$;
grant execute on function app.value_items(uuid, jsonb) to authenticated;
