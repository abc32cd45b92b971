-- Accounts: one's own, and for admins all but beneficiaries', whose addresses stand sealed elsewhere. The worker reads no
-- address but through open_address.
alter table app.accounts enable row level security;
alter table app.accounts force row level security;

create policy "The acts do their work" on app.accounts for all to ecopanier_owner using (true) with check (true);

grant select on app.accounts to authenticated;
grant update (display_name, locale) on app.accounts to authenticated;

create policy "People see their own account" on app.accounts for select to authenticated
    using (id = (select app.caller()));

create policy "Admins see accounts but those of beneficiaries" on app.accounts for select to authenticated
    using ((select app.caller_role()) = 'admin' and role <> 'beneficiary');

create policy "People edit their own account" on app.accounts for update to authenticated
    using (id = (select app.caller())) with check (id = (select app.caller()));

-- Nobody inserts here: register_account, enrol_beneficiary and create_admin do. Role and status change by acts alone.
