-- What shops regularly leave, and suggestions that were dismissed: only acts read and write them. An association learns of a
-- shop's leftovers through neighbour_suggestions, and only while the shop shows them.
alter table app.shop_leftovers enable row level security;
alter table app.shop_leftovers force row level security;
create policy "Acts read and write every row" on app.shop_leftovers for all to ecopanier_owner using (true) with check (true);

alter table app.neighbour_dismissals enable row level security;
alter table app.neighbour_dismissals force row level security;
create policy "Acts read and write every row" on app.neighbour_dismissals for all to ecopanier_owner
    using (true) with check (true);
