-- Stock: how many portions a lot has and how many of them remain. Whoever sees the lot sees what remains.
-- Beside it is what lots_near goes by, which triggers on lots keep (shelve_stock).
-- The lot's quantity is written in app.lots only, and stock_lot keeps it here. Nobody writes here directly: reserve,
-- end_reservation and other acts do, and hold this row while they change a lot (policies/LOCKS.md).
alter table app.lot_stock enable row level security;
alter table app.lot_stock force row level security;

create policy "Acts read and write every row" on app.lot_stock for all to ecopanier_owner using (true) with check (true);

-- Not what a search goes by, which nobody needs to read.
grant select (lot_id, quantity, remaining) on app.lot_stock to anon, authenticated;
create policy "Who sees a lot sees what remains" on app.lot_stock for select to anon, authenticated
    using (exists (select from app.lots l where l.id = lot_id));

-- Not when a portion is taken, which writes `remaining` alone.
create trigger same_quantity after insert or update of quantity on app.lot_stock
    for each row execute function app.same_quantity();
-- Fires only when portions come back, so that taking a portion costs nothing more.
create trigger give_to_who_waits after update of remaining on app.lot_stock
    for each row when (new.remaining > old.remaining) execute function app.give_to_who_waits();
