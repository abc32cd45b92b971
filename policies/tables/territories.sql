-- Territories: public data, loaded with the places, and zones that admins draw. Acts read them for everybody.
alter table app.territories enable row level security;
alter table app.territories force row level security;
create policy "Acts read and write every row" on app.territories for all to ecopanier_owner using (true) with check (true);

-- Where shops were, changes of the map and shapes of zones: acts read and write them.
alter table app.shop_sites enable row level security;
alter table app.shop_sites force row level security;
alter table app.map_changes enable row level security;
alter table app.map_changes force row level security;
alter table app.zone_shapes enable row level security;
alter table app.zone_shapes force row level security;
create policy "Acts read and write every row" on app.shop_sites for all to ecopanier_owner using (true) with check (true);
create policy "Acts read and write every row" on app.map_changes for all to ecopanier_owner using (true) with check (true);
create policy "Acts read and write every row" on app.zone_shapes for all to ecopanier_owner using (true) with check (true);
