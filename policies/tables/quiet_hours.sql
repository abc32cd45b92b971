-- Quiet hours: people see their own. Written by set_quiet_hours.
alter table app.quiet_hours enable row level security;
alter table app.quiet_hours force row level security;

create policy "Acts read and write every row" on app.quiet_hours for all to ecopanier_owner using (true) with check (true);

grant select on app.quiet_hours to authenticated;

create policy "People see their own quiet hours" on app.quiet_hours for select to authenticated
    using (account_id = (select app.caller()));
