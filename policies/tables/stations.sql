-- Stations: owners see those of their shops. Nobody sees the hashes of the pairing code and of the token.
alter table app.stations enable row level security;
alter table app.stations force row level security;

create policy "Acts read and write every row" on app.stations for all to ecopanier_owner using (true) with check (true);

grant select (id, shop_id, name, created_at, code_ends_at, paired_at, revoked_at) on app.stations to authenticated;

create policy "Owners see stations of their shops" on app.stations for select to authenticated
    using (shop_id = any (array(select app.shops_of((select app.caller()), 'owner'))));
-- Written by add_station, pair_station, revoke_station, prune and close_shops.
