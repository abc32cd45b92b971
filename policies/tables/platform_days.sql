-- The sums of closed days over all shops: close_platform_days writes them, figures_by_day reads them. Nobody else does.
alter table app.platform_days enable row level security;
alter table app.platform_days force row level security;

create policy "Acts read and write every row" on app.platform_days for all to ecopanier_owner using (true) with check (true);

create trigger platform_days_do_not_change before update or delete or truncate on app.platform_days
    for each statement execute function app.refuse_change();
