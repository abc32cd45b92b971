-- The factors behind every impact figure, with their source: anybody reads them. They never change, and entries name
-- them without a foreign key.
alter table app.impact_factors enable row level security;
alter table app.impact_factors force row level security;

create policy "Acts read and write every row" on app.impact_factors for all to ecopanier_owner using (true) with check (true);

grant select on app.impact_factors to anon, authenticated;

create policy "Anyone reads the factors" on app.impact_factors for select to anon, authenticated using (true);

create trigger impact_factors_are_append_only before update or delete or truncate on app.impact_factors
    for each statement execute function app.refuse_change();
