-- What waits for the confirmation of an e-mail address: nobody reads it. ask_registration, open_registration,
-- issue_registration, issue_confirmation, find_confirmation and confirm_address use it.
alter table app.confirmations enable row level security;
alter table app.confirmations force row level security;

create policy "Acts read and write every row" on app.confirmations for all to ecopanier_owner using (true) with check (true);
