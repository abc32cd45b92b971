-- Addresses that beneficiaries sign in with, sealed: for nobody; open_address hands single ones to whom they concern.
alter table app.sealed_addresses enable row level security;
alter table app.sealed_addresses force row level security;

create policy "The acts do their work" on app.sealed_addresses for all to ecopanier_owner using (true) with check (true);
