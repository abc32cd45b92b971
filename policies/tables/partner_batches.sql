-- Batches of people whom API clients send, and the external ids by which programs know them: only acts read and write them.
-- The people and their external ids are in the schema of the keys, of which only the newest backup is kept: a key lies beside
-- a name until the worker has enrolled it, and a key of ours opens the external ids, also of who was erased since.
alter table app.partner_batches enable row level security;
alter table app.partner_batches force row level security;
create policy "Acts read and write every row" on app.partner_batches for all to ecopanier_owner using (true) with check (true);

alter table key_vault.partner_people enable row level security;
alter table key_vault.partner_people force row level security;
create policy "Acts read and write every row" on key_vault.partner_people for all to ecopanier_owner using (true) with check (true);

alter table key_vault.partner_enrolments enable row level security;
alter table key_vault.partner_enrolments force row level security;
create policy "Acts read and write every row" on key_vault.partner_enrolments for all to ecopanier_owner using (true) with check (true);
