-- Mandates to enrol people: only acts read and write them.
alter table app.mandates enable row level security;
alter table app.mandates force row level security;
create policy "Acts read and write every row" on app.mandates for all to ecopanier_owner using (true) with check (true);
