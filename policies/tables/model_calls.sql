-- Numbers of model calls by shop and day: nobody reads them; begin_draft counts and limits the calls.
alter table app.model_calls enable row level security;
alter table app.model_calls force row level security;

create policy "Acts read and write every row" on app.model_calls for all to ecopanier_owner using (true) with check (true);
