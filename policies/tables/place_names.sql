-- The keys that find communes: public data that only `ecopanier places load` changes. app.places_found reads them.
alter table app.place_names enable row level security;
alter table app.place_names force row level security;

create policy "Acts read and write every row" on app.place_names for all to ecopanier_owner using (true) with check (true);
