-- Webhook endpoints and what was sent to them: owners of shops and associations see their own. Nobody sees sealed
-- addresses and secrets. Only acts write.
alter table app.webhook_endpoints enable row level security;
alter table app.webhook_endpoints force row level security;
alter table app.webhook_secrets enable row level security;
alter table app.webhook_secrets force row level security;
alter table app.webhook_deliveries enable row level security;
alter table app.webhook_deliveries force row level security;
alter table app.cancellations_to_tell enable row level security;
alter table app.cancellations_to_tell force row level security;

create policy "Acts read and write every row" on app.webhook_endpoints for all to ecopanier_owner using (true) with check (true);
create policy "Acts read and write every row" on app.webhook_secrets for all to ecopanier_owner using (true) with check (true);
create policy "Acts read and write every row" on app.webhook_deliveries for all to ecopanier_owner using (true) with check (true);
create policy "Acts read and write every row" on app.cancellations_to_tell for all to ecopanier_owner using (true) with check (true);
-- Endpoints are read by webhook_endpoints_of and webhook_deliveries_of, for people and for programs alike.
