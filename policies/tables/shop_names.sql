-- The keys that find verified shops by their names: public data that triggers keep. app.shops_named and app.shops_in read them.
alter table app.shop_names enable row level security;
alter table app.shop_names force row level security;

create policy "Acts read and write every row" on app.shop_names for all to ecopanier_owner using (true) with check (true);
