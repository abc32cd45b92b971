-- Trigger: refuse a quantity beside the stock of a lot that is not the lot's.
-- Fires after the quantity in app.lot_stock was written (policies/tables/lot_stock.sql), which only stock_lot does;
-- never when a portion is taken. A CHECK sees one row only, so the quantity has to stand beside what remains.
-- Definer, because it reads lots whoever writes.
create or replace function app.same_quantity() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if new.quantity <> (select l.quantity from app.lots l where l.id = new.lot_id) then
        raise check_violation using message = 'the quantity of a lot is written in app.lots',
            constraint = 'lot_stock_quantity';
    end if;
    return null;
end $$;
