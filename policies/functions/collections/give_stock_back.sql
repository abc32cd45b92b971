-- Return the portions that a collection holds to their lots: on sale again while a lot is on offer, and nobody's once it
-- is over.
-- Called by acts that end a collection before anything was taken. Only the owner may execute it.
-- Definer, because nobody may write stock. Locks: the stock of its lots, which the caller holds already
-- (hold_stock_of_collection).
create or replace function app.give_stock_back(collection uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    held record;
begin
    for held in
        update app.collection_items i set holds_stock = false where i.collection_id = collection and i.holds_stock
        returning i.lot_id, i.portions
    loop
        update app.lot_stock k set remaining = k.remaining + held.portions where k.lot_id = held.lot_id;
    end loop;
end $$;
