-- Free portions taken per day: people see their own count.
alter table app.free_portions enable row level security;
alter table app.free_portions force row level security;

create policy "Acts read and write every row" on app.free_portions for all to ecopanier_owner using (true) with check (true);

grant select on app.free_portions to authenticated;

create policy "Beneficiaries see their own count" on app.free_portions for select to authenticated
    using (account_id = (select app.caller()));
-- Written by reserve, take_offer and end_reservation; their rows are locked before lots (see policies/LOCKS.md).
