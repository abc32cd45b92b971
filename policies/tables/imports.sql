-- Imports: whoever imported sees their own, and admins see all; they hold numbers only. Written by begin_import,
-- import_goes_on and end_import.
alter table app.imports enable row level security;
alter table app.imports force row level security;

create policy "Acts read and write every row" on app.imports for all to ecopanier_owner using (true) with check (true);

grant select on app.imports to authenticated;

create policy "People see their own imports" on app.imports for select to authenticated
    using (account_id = (select app.caller()));

create policy "Admins see imports" on app.imports for select to authenticated
    using ((select app.caller_role()) = 'admin');
