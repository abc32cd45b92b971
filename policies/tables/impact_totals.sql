-- The sum of what was added up: public, read through public_impact.
alter table app.impact_totals enable row level security;
alter table app.impact_totals force row level security;

create policy "The acts do their work" on app.impact_totals for all to ecopanier_owner using (true) with check (true);
