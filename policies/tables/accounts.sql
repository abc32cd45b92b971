-- Accounts: people see and edit their own; admins see all except those of beneficiaries, whose addresses are sealed
-- elsewhere.
-- The worker gets an address through open_address only.
alter table app.accounts enable row level security;
alter table app.accounts force row level security;

create policy "Acts read and write every row" on app.accounts for all to ecopanier_owner using (true) with check (true);

grant select on app.accounts to authenticated;
grant update (display_name, locale) on app.accounts to authenticated;

create policy "People see their own account" on app.accounts for select to authenticated
    using (id = (select app.caller()));

create policy "Admins see all accounts except those of beneficiaries" on app.accounts for select to authenticated
    using ((select app.caller_role()) = 'admin' and role <> 'beneficiary');

create policy "People edit their own account" on app.accounts for update to authenticated
    using (id = (select app.caller())) with check (id = (select app.caller()));

-- Nobody inserts here directly: register_account, enrol_beneficiaries and create_admin do. Only acts change role and
-- status.

create trigger accounts_address_is_another after update of email, email_verified_at on app.accounts
    for each row when (old.email is distinct from new.email or old.email_verified_at is distinct from new.email_verified_at)
    execute function app.address_is_another();
