-- Passes: only their holder sees them. A merchant meets a pass when somebody shows it.
alter table app.passes enable row level security;
alter table app.passes force row level security;

create policy "Acts read and write every row" on app.passes for all to ecopanier_owner using (true) with check (true);

grant select on app.passes to authenticated;

create policy "People see the passes of their own reservations" on app.passes for select to authenticated
    using (reservation_id = any (array(select app.reservations_of((select app.caller())))));
