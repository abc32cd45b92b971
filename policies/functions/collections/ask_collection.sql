-- Ask to have food of a shop collected, and return the collection.
-- Called by POST /v1/collections, as an owner or staff of the shop. What it takes and raises stands with make_collection.
-- An association may be named that is public or has an agreement with the shop; others look as if they did not exist.
-- Definer, because nobody may write collections. Locks: those of make_collection.
create or replace function app.ask_collection(
    shop uuid, association uuid, wanted_lots jsonb, wanted_items jsonb, starts timestamptz, ends timestamptz, note text)
returns uuid language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if shop <> all (array(select app.shops_of(app.caller(), 'staff'))) then
        raise exception 'shop.not_found' using errcode = 'EP404';
    end if;
    if association is not null and not exists (
           select from app.associations a
           where a.id = association and (a.is_public or exists (
               select from app.agreements g
               where g.association_id = a.id and g.shop_id = shop and g.status = 'confirmed'))) then
        raise exception 'association.not_found' using errcode = 'EP404';
    end if;
    return app.make_collection(shop, null, association, wanted_lots, wanted_items, starts, ends, note, 'member',
                               app.caller());
end $$;
grant execute on function app.ask_collection(uuid, uuid, jsonb, jsonb, timestamptz, timestamptz, text) to authenticated;
