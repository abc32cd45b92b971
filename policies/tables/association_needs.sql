-- The needs of associations: their members see them, their owners and staff write them, and admins see all. Others learn
-- only whether they fit a collection (suggestions_for).
alter table app.association_needs enable row level security;
alter table app.association_needs force row level security;

create policy "Acts read and write every row" on app.association_needs for all to ecopanier_owner
    using (true) with check (true);

grant select on app.association_needs to authenticated;

create policy "Members see what their associations take" on app.association_needs for select to authenticated
    using (association_id = any (array(select app.associations_of((select app.caller()), 'reader'))));

create policy "Admins see what associations take" on app.association_needs for select to authenticated
    using ((select app.caller_role()) = 'admin');
-- Written by set_needs.
