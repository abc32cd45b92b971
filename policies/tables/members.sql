-- Members of shops and associations: only acts read and write them. Everything else asks shops_of and associations_of.
alter table app.members enable row level security;
alter table app.members force row level security;

create policy "Acts read and write every row" on app.members for all to ecopanier_owner using (true) with check (true);
