-- Trigger: give a new lot its row of stock, with all portions remaining and what a search goes by, and change both
-- numbers with the lot's quantity. The CHECK of app.lot_stock refuses a quantity below what is taken.
-- Fires after a lot was inserted and after its quantity was changed, whoever does it (policies/tables/lots.sql).
-- Definer, because nobody may write stock. Locks: the lot's stock, which whoever changes a quantity holds already.
create or replace function app.stock_lot() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if tg_op = 'INSERT' then
        insert into app.lot_stock (
            lot_id, quantity, remaining, shelf, category_shelf, pickup_end, best_before_ends, published)
        select new.id, new.quantity, new.quantity, s.shelf, s.category_shelf, s.pickup_end, s.best_before_ends, s.published
        from app.on_shelves(new) s;
    else
        update app.lot_stock s
        set quantity = new.quantity, remaining = s.remaining + new.quantity - old.quantity where s.lot_id = new.id;
    end if;
    return null;
end $$;
