-- Whom an erasure removed: for nobody; accounts_to_erase finds by it what a restored backup brought back.
alter table vault.erased_accounts enable row level security;
alter table vault.erased_accounts force row level security;

create policy "The acts do their work" on vault.erased_accounts for all to ecopanier_owner using (true) with check (true);
