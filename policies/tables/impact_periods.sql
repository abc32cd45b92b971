-- The closed periods of the impact series: nobody reads them directly; impact_series returns them to anybody.
alter table app.impact_periods enable row level security;
alter table app.impact_periods force row level security;

create policy "Acts read and write every row" on app.impact_periods for all to ecopanier_owner using (true) with check (true);

create trigger impact_periods_do_not_change before update or delete or truncate on app.impact_periods
    for each statement execute function app.refuse_change();
