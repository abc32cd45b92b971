-- Signed sheets of tours: whoever sees the tour sees whether there is one. Only acts write.
alter table app.signed_sheets enable row level security;
alter table app.signed_sheets force row level security;

create policy "Acts read and write every row" on app.signed_sheets for all to ecopanier_owner using (true) with check (true);

grant select on app.signed_sheets to authenticated;

create policy "Collectors and operators see the signed sheets of their tours" on app.signed_sheets for select
    to authenticated using (tour_id = any (array(select app.tours_seen_by((select app.caller())))));
create policy "Admins see signed sheets" on app.signed_sheets for select to authenticated
    using ((select app.caller_role()) = 'admin');
