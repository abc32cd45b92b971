-- Batches of people whom API clients send, and the external ids by which programs know them: only acts read and write them.
alter table app.partner_batches enable row level security;
alter table app.partner_batches force row level security;
create policy "Acts read and write every row" on app.partner_batches for all to ecopanier_owner using (true) with check (true);

alter table app.partner_people enable row level security;
alter table app.partner_people force row level security;
create policy "Acts read and write every row" on app.partner_people for all to ecopanier_owner using (true) with check (true);

alter table app.partner_enrolments enable row level security;
alter table app.partner_enrolments force row level security;
create policy "Acts read and write every row" on app.partner_enrolments for all to ecopanier_owner using (true) with check (true);
