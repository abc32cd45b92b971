-- API clients and their hashed secrets: only acts read and write them.
alter table app.api_clients enable row level security;
alter table app.api_clients force row level security;
create policy "Acts read and write every row" on app.api_clients for all to ecopanier_owner using (true) with check (true);

alter table app.api_client_secrets enable row level security;
alter table app.api_client_secrets force row level security;
create policy "Acts read and write every row" on app.api_client_secrets for all to ecopanier_owner using (true) with check (true);
