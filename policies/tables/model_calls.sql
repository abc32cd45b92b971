-- How often a shop had the model asked on a day: nobody reads it; begin_draft counts and limits the calls.
alter table app.model_calls enable row level security;
alter table app.model_calls force row level security;

create policy "Acts read and write every row" on app.model_calls for all to ecopanier_owner using (true) with check (true);
