-- The wrapped keys of persons: for nobody; the acts that open something hand out single ones, and say so in the audit log.
alter table vault.data_keys enable row level security;
alter table vault.data_keys force row level security;

create policy "The acts do their work" on vault.data_keys for all to ecopanier_owner using (true) with check (true);
