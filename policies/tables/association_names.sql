-- The keys that find public associations by their names: public data that triggers keep. app.associations_named and app.associations_in read them.
alter table app.association_names enable row level security;
alter table app.association_names force row level security;

create policy "Acts read and write every row" on app.association_names for all to ecopanier_owner using (true) with check (true);
