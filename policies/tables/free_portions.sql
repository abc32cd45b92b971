-- Free portions taken per day: one's own count.
alter table app.free_portions enable row level security;
alter table app.free_portions force row level security;

create policy "The acts do their work" on app.free_portions for all to ecopanier_owner using (true) with check (true);

grant select on app.free_portions to authenticated;

create policy "Beneficiaries see their own count" on app.free_portions for select to authenticated
    using (account_id = (select app.caller()));
-- Written by reserve and by end_reservation.
