-- Territories: public data, loaded with the places, and zones that admins draw. Acts read them for everybody.
alter table app.territories enable row level security;
alter table app.territories force row level security;
create policy "Acts read and write every row" on app.territories for all to ecopanier_owner using (true) with check (true);
