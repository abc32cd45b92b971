-- Closed lots and their corrections: a shop's members read those of their shop, the accountant's role and admins all. This
-- is the smallest thing that a shop can read of its money: one total a lot, sold and suspended portions together.
alter table accounting.closed_lots enable row level security;
alter table accounting.closed_lots force row level security;
alter table accounting.closed_lot_corrections enable row level security;
alter table accounting.closed_lot_corrections force row level security;

create policy "Acts read and write every row" on accounting.closed_lots for all to ecopanier_owner
    using (true) with check (true);
create policy "Acts read and write every row" on accounting.closed_lot_corrections for all to ecopanier_owner
    using (true) with check (true);

grant select on accounting.closed_lots, accounting.closed_lot_corrections to ecopanier_accountant;
grant select on accounting.closed_lots to authenticated;
-- Not which postings they belong to, which would name the reservation.
grant select (id, lot_id, shop_id, at, gross_cents, commission_cents, vat_cents, net_cents, reason)
    on accounting.closed_lot_corrections to authenticated;

create policy "The accountant reads closed lots" on accounting.closed_lots for select to ecopanier_accountant using (true);
create policy "The accountant reads corrections of lots" on accounting.closed_lot_corrections for select
    to ecopanier_accountant using (true);
create policy "Admins read closed lots" on accounting.closed_lots for select to authenticated
    using ((select app.caller_role()) = 'admin');
create policy "Admins read corrections of lots" on accounting.closed_lot_corrections for select to authenticated
    using ((select app.caller_role()) = 'admin');
create policy "Members read closed lots of their shops" on accounting.closed_lots for select to authenticated
    using (shop_id = any (array(select app.shops_of((select app.caller()), 'reader'))));
create policy "Members read corrections of their shops from the next night on" on accounting.closed_lot_corrections
    for select to authenticated
    using (at <= (select app.clock()) and shop_id = any (array(select app.shops_of((select app.caller()), 'reader'))));

create trigger closed_lots_do_not_change before update or truncate on accounting.closed_lots
    for each statement execute function app.refuse_change();
create trigger closed_lots_are_kept before delete on accounting.closed_lots
    for each row when (old.closed_at > app.clock() - interval '10 years') execute function app.refuse_change();
create trigger closed_lot_corrections_do_not_change before update or truncate on accounting.closed_lot_corrections
    for each statement execute function app.refuse_change();
create trigger closed_lot_corrections_are_kept before delete on accounting.closed_lot_corrections
    for each row when (old.at > app.clock() - interval '10 years') execute function app.refuse_change();
