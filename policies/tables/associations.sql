-- Associations: themselves and admins.
alter table app.associations enable row level security;
alter table app.associations force row level security;

create policy "The acts do their work" on app.associations for all to ecopanier_owner using (true) with check (true);

grant select on app.associations to authenticated;

create policy "Associations see themselves" on app.associations for select to authenticated
    using (id = (select app.caller()));

create policy "Admins see associations" on app.associations for select to authenticated
    using ((select app.caller_role()) = 'admin');
