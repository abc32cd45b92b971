-- How often a shop had the model asked today: counted by the act that allows it.
alter table app.model_calls enable row level security;
alter table app.model_calls force row level security;

create policy "The acts do their work" on app.model_calls for all to ecopanier_owner using (true) with check (true);
