-- Trigger: write what a search goes by beside the lot's stock: its place in the two indexes, when it ends, and whether it
-- is published.
-- Fires after an update of what these depend on, whoever makes it (policies/tables/lots.sql). A new lot gets them from
-- stock_lot.
-- Definer, because nobody may write stock. Locks: the lot's stock, which whoever changes a lot that people can reserve
-- holds already (policies/LOCKS.md).
create or replace function app.shelve_stock() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update app.lot_stock k
    set (shelf, category_shelf, pickup_end, best_before_ends, published) =
        (select s.shelf, s.category_shelf, s.pickup_end, s.best_before_ends, s.published from app.on_shelves(new) s)
    where k.lot_id = new.id;
    return null;
end $$;
