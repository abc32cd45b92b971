-- The totals of impact: nobody reads them directly; public_impact returns them to anybody.
alter table app.impact_totals enable row level security;
alter table app.impact_totals force row level security;

create policy "Acts read and write every row" on app.impact_totals for all to ecopanier_owner using (true) with check (true);
