-- Sealed diets: nobody reads them, nor whether there is one. open_diet and search_habits hand out the caller's own.
alter table app.diets enable row level security;
alter table app.diets force row level security;

create policy "Acts read and write every row" on app.diets for all to ecopanier_owner using (true) with check (true);
