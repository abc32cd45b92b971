-- Reservations: holders see their own. The lot's merchant gets what the counter needs through reservations_at_counter.
alter table app.reservations enable row level security;
alter table app.reservations force row level security;

create policy "Acts read and write every row" on app.reservations for all to ecopanier_owner using (true) with check (true);

-- account_id is not granted: the policy compares it, and nobody needs to read it.
grant select (id, lot_id, quantity, unit_price_cents, purpose, status, hold_until, created_at, confirmed_at, ended_at,
    ended_because) on app.reservations to authenticated;

create policy "People see their own reservations" on app.reservations for select to authenticated
    using (account_id = (select app.caller()));

grant select on app.reservations to ecopanier_worker;
create policy "The worker reads whom to tell" on app.reservations for select to ecopanier_worker using (true);
-- Nobody writes here directly: reserve, cancel_reservation, withdraw_lot, pick_up and the worker's acts do.
