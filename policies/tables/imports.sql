-- Imports: for whoever imported, and admins, who read numbers only. Written by begin_import, import_goes_on, end_import.
alter table app.imports enable row level security;
alter table app.imports force row level security;

create policy "The acts do their work" on app.imports for all to ecopanier_owner using (true) with check (true);

grant select on app.imports to authenticated;

create policy "People see their own imports" on app.imports for select to authenticated
    using (account_id = (select app.caller()));

create policy "Admins see imports" on app.imports for select to authenticated
    using ((select app.caller_role()) = 'admin');
