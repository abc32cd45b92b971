-- Published figures of territories, which nobody changes any more, and numbers of unmet demand: acts read and write them.
alter table app.releases enable row level security;
alter table app.releases force row level security;
alter table app.released_figures enable row level security;
alter table app.released_figures force row level security;
alter table app.unmet_days enable row level security;
alter table app.unmet_days force row level security;
create policy "Acts read and write every row" on app.releases for all to ecopanier_owner using (true) with check (true);
create policy "Acts read and write every row" on app.released_figures for all to ecopanier_owner
    using (true) with check (true);
create policy "Acts read and write every row" on app.unmet_days for all to ecopanier_owner using (true) with check (true);

create trigger releases_do_not_change before update or delete or truncate on app.releases
    for each statement execute function app.refuse_change();
create trigger released_figures_do_not_change before update or delete or truncate on app.released_figures
    for each statement execute function app.refuse_change();
