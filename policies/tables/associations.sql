-- Associations: themselves, admins, and the merchants with whom they have an agreement. Their numbers are those of public
-- registers; telephone and website are there to be reached by partners.
alter table app.associations enable row level security;
alter table app.associations force row level security;

create policy "The acts do their work" on app.associations for all to ecopanier_owner using (true) with check (true);

grant select on app.associations to authenticated;
grant update (name, rna, siret, address, insee_code, phone, website, distributes_in_time) on app.associations
    to authenticated;

create policy "Associations see themselves" on app.associations for select to authenticated
    using (id = (select app.caller()));

create policy "Admins see associations" on app.associations for select to authenticated
    using ((select app.caller_role()) = 'admin');

create policy "Merchants see the associations that they have agreements with" on app.associations
    for select to authenticated using (id = any (array(select app.partners_of((select app.caller())))));

create policy "Associations say who they are" on app.associations for update to authenticated
    using (id = (select app.caller())) with check (id = (select app.caller()));
-- The status changes by decide_association, and by the guard for a rejected one that corrects itself.

create trigger guard_association before update on app.associations
    for each row when (current_user = 'authenticated') execute function app.guard_association();
