-- The keys that find territories: public data that only `ecopanier places load` changes. app.territories_found reads them.
alter table app.territory_names enable row level security;
alter table app.territory_names force row level security;
create policy "Acts read and write every row" on app.territory_names for all to ecopanier_owner using (true) with check (true);
