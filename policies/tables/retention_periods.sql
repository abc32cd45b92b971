-- How long what is kept: for everybody who signed in to read; migrations change it.
alter table app.retention_periods enable row level security;
alter table app.retention_periods force row level security;

create policy "The acts do their work" on app.retention_periods for all to ecopanier_owner using (true) with check (true);

grant select on app.retention_periods to authenticated;

create policy "People read how long what is kept" on app.retention_periods for select to authenticated using (true);

create trigger retention_periods_do_not_change before insert or update or delete or truncate on app.retention_periods
    for each statement execute function app.refuse_change();
