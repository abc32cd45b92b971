-- Sealed e-mail addresses of beneficiaries: nobody reads them. open_address and open_own_address hand out single ones.
alter table app.sealed_addresses enable row level security;
alter table app.sealed_addresses force row level security;

create policy "Acts read and write every row" on app.sealed_addresses for all to ecopanier_owner using (true) with check (true);

create trigger sealed_addresses_address_is_another after insert or update on app.sealed_addresses
    for each row execute function app.address_is_another();
