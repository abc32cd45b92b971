-- Organisations: only acts read and write them. Everything else asks organisations_of.
alter table app.organisations enable row level security;
alter table app.organisations force row level security;
create policy "Acts read and write every row" on app.organisations for all to ecopanier_owner using (true) with check (true);
