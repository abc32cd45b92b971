-- Reservations: the holder's, and without the person their lot's merchant's.
alter table app.reservations enable row level security;
alter table app.reservations force row level security;

create policy "The acts do their work" on app.reservations for all to ecopanier_owner using (true) with check (true);

-- account_id is granted to nobody: the policy knows the holder, the merchant need not.
grant select (id, lot_id, quantity, unit_price_cents, status, hold_until, created_at, confirmed_at, ended_at,
    ended_because) on app.reservations to authenticated;

create policy "People see their own reservations" on app.reservations for select to authenticated
    using (account_id = (select app.caller()));

create policy "Merchants see reservations of their own lots" on app.reservations for select to authenticated
    using (lot_id = any (array(select app.lots_of((select app.caller())))));

grant select on app.reservations to ecopanier_worker;
create policy "The worker reads whom to tell" on app.reservations for select to ecopanier_worker using (true);
-- Nobody writes here directly: reserve, cancel_reservation, withdraw_lot, pick_up and the worker's acts do.
