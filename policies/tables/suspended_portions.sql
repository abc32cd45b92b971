-- Lots in which suspended portions were offered: donors see those of their gifts, with how many were collected, never by whom.
alter table app.suspended_portions enable row level security;
alter table app.suspended_portions force row level security;

create policy "Acts read and write every row" on app.suspended_portions for all to ecopanier_owner using (true) with check (true);

grant select on app.suspended_portions to authenticated;

create policy "Donors see where their own portions were offered" on app.suspended_portions for select to authenticated
    using (suspended_lot_id = any (array(select app.reservations_of((select app.caller())))));
