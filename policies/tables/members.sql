-- Members of shops, associations and organisations: only acts read and write them. Everything else asks shops_of,
-- associations_of and organisations_of.
alter table app.members enable row level security;
alter table app.members force row level security;

create policy "Acts read and write every row" on app.members for all to ecopanier_owner using (true) with check (true);
