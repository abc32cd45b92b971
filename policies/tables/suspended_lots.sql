-- Suspended lots: donors see their own.
alter table app.suspended_lots enable row level security;
alter table app.suspended_lots force row level security;

create policy "Acts read and write every row" on app.suspended_lots for all to ecopanier_owner using (true) with check (true);

grant select on app.suspended_lots to authenticated;

create policy "Donors see their own suspended lots" on app.suspended_lots for select to authenticated
    using (id = any (array(select app.reservations_of((select app.caller())))));
