-- Photos: whoever sees or reserved a lot that shows a photo, or sees the page of a shop or association that does, sees the
-- photo, and so does whoever took it, as long as they work for a shop or an association or no problem report shows it.
-- Photos of problem reports and of collectors' steps are seen by those concerned.
alter table app.photos enable row level security;
alter table app.photos force row level security;

create policy "Acts read and write every row" on app.photos for all to ecopanier_owner using (true) with check (true);

-- account_id is not granted: the policies compare it, and who took the photo of a problem report is nobody's to read.
grant select (id, status, width, height, created_at) on app.photos to anon, authenticated;
grant insert (account_id) on app.photos to authenticated;
grant update (status, width, height) on app.photos to authenticated;

-- This finds only lots that the caller sees, because the policies of lots apply inside a policy too. Nobody sees the rows
-- of lots that are sold out, but everybody sees their photos, and so those of lots that became free.
create policy "People see the photos of pages and lots that they see or reserved" on app.photos for select to anon, authenticated
    using (exists (select from app.lots l where l.photo_id = photos.id)
           or app.photo_of_published_lot(id)
           or app.photo_of_page(id)
           or id = any (array(select app.photos_reserved_by((select app.caller())))));

create policy "Members see their own photos" on app.photos for select to authenticated
    using (account_id = (select app.caller())
           and (exists (select app.shops_of((select app.caller()), 'staff'))
                or exists (select app.associations_of((select app.caller()), 'staff'))));

-- A photo that no report shows yet, and then those of reports: its holder, the shop's members and admins see them. What
-- somebody drafted a lot from while they worked for a shop is the shop's.
create policy "Holders see the photos that they just took" on app.photos for select to authenticated
    using (account_id = (select app.caller()) and not used and not app.photo_of_draft(id)
           and (select app.caller_role()) in ('customer', 'beneficiary', 'collector'));

create policy "Holders, the shop and admins see photos of problem reports" on app.photos for select to authenticated
    using (app.photo_of_report(id));

create policy "Those concerned see photos of steps" on app.photos for select to authenticated
    using (app.photo_of_step(id));

create policy "Members and holders take photos" on app.photos for insert to authenticated
    with check (account_id = (select app.caller()) and status = 'coming'
                and ((select app.caller_role()) in ('customer', 'beneficiary', 'collector')
                     or exists (select app.shops_of((select app.caller()), 'staff'))
                     or exists (select app.associations_of((select app.caller()), 'staff'))));

create policy "People say when the files of their photo are stored" on app.photos for update to authenticated
    using (account_id = (select app.caller()) and status = 'coming')
    with check (account_id = (select app.caller()) and status = 'kept');

-- The guard of lots marks a photo as used; the worker removes those that nothing shows.
