-- Retention periods: everybody who is signed in reads how long data is kept; only migrations change them.
alter table app.retention_periods enable row level security;
alter table app.retention_periods force row level security;

create policy "Acts read and write every row" on app.retention_periods for all to ecopanier_owner using (true) with check (true);

grant select on app.retention_periods to authenticated;

create policy "People read how long data is kept" on app.retention_periods for select to authenticated using (true);

create trigger retention_periods_do_not_change before insert or update or delete or truncate on app.retention_periods
    for each statement execute function app.refuse_change();
