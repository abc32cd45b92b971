-- Communes and arrondissements: public data that only `ecopanier places load` changes. app.places_found reads them.
alter table app.places enable row level security;
alter table app.places force row level security;

create policy "Acts read and write every row" on app.places for all to ecopanier_owner using (true) with check (true);
