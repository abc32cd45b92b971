-- The wrapped data keys of persons: nobody reads them. The acts that open something hand out single keys and note it
-- in the audit log.
alter table key_vault.data_keys enable row level security;
alter table key_vault.data_keys force row level security;

create policy "Acts read and write every row" on key_vault.data_keys for all to ecopanier_owner using (true) with check (true);
