-- Registrations and addresses that wait for a confirmation by mail: nobody reads them. ask_registration, open_registration,
-- issue_registration, issue_confirmation, find_confirmation and confirm_address use it.
alter table app.confirmations enable row level security;
alter table app.confirmations force row level security;

create policy "Acts read and write every row" on app.confirmations for all to ecopanier_owner using (true) with check (true);
