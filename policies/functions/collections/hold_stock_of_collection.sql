-- Lock the stock of the lots whose portions a collection holds.
-- Called by acts that may give portions back, before they lock the collection. Only the owner may execute it.
-- Definer, because nobody may lock stock. Locks: the stock of its lots in the order of ids.
create or replace function app.hold_stock_of_collection(collection uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform from app.lot_stock k
    where k.lot_id in (select i.lot_id from app.collection_items i where i.collection_id = collection and i.holds_stock)
    order by k.lot_id for update;
end $$;
