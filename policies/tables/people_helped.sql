-- People who received food: nobody reads them. record_impact uses them to count each person once.
alter table app.people_helped enable row level security;
alter table app.people_helped force row level security;

create policy "Acts read and write every row" on app.people_helped for all to ecopanier_owner using (true) with check (true);
