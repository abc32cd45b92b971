-- Cards of lots: nobody reads them directly; lots_near shows them. Triggers on lots and shops write them.
alter table app.lot_cards enable row level security;
alter table app.lot_cards force row level security;

create policy "Acts read and write every row" on app.lot_cards for all to ecopanier_owner using (true) with check (true);
