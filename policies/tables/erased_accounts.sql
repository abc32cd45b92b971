-- Accounts that were erased: nobody reads them. accounts_to_erase finds by them what a restored backup brought back.
alter table key_vault.erased_accounts enable row level security;
alter table key_vault.erased_accounts force row level security;

create policy "Acts read and write every row" on key_vault.erased_accounts for all to ecopanier_owner using (true) with check (true);
