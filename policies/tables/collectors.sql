-- Collectors: they see themselves, and admins see them.
alter table app.collectors enable row level security;
alter table app.collectors force row level security;

create policy "Acts read and write every row" on app.collectors for all to ecopanier_owner using (true) with check (true);

grant select on app.collectors to authenticated;

create policy "Collectors see themselves" on app.collectors for select to authenticated
    using (id = (select app.caller()));

create policy "Admins see collectors" on app.collectors for select to authenticated
    using ((select app.caller_role()) = 'admin');
