-- Payments: holders see their own. The worker reads all, and settles them through its acts.
alter table app.payments enable row level security;
alter table app.payments force row level security;

create policy "Acts read and write every row" on app.payments for all to ecopanier_owner using (true) with check (true);

grant select (id, reservation_id, amount_cents, refund_cents, refunded_cents, status, created_at) on app.payments to authenticated;

create policy "People see payments of their own reservations" on app.payments for select to authenticated
    using (reservation_id = any (array(select app.reservations_of((select app.caller())))));

grant select on app.payments to ecopanier_worker;
create policy "The worker reads payments to carry forward" on app.payments for select to ecopanier_worker using (true);
