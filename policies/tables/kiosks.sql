-- Kiosks: the association that registered one sees it, and admins see all. Nobody sees the hash of the device's
-- secret.
alter table app.kiosks enable row level security;
alter table app.kiosks force row level security;

create policy "Acts read and write every row" on app.kiosks for all to ecopanier_owner using (true) with check (true);

grant select (id, name, association_id, created_at, revoked_at, last_used_on) on app.kiosks to authenticated;

create policy "Associations see their own kiosks" on app.kiosks for select to authenticated
    using (association_id = any (array(select app.associations_of((select app.caller()), 'staff'))));

create policy "Admins see kiosks" on app.kiosks for select to authenticated
    using ((select app.caller_role()) = 'admin');
-- Written by register_kiosk, revoke_kiosk, sign_in_with_card and the acts that erase.
