-- Recurring listings: only their merchant sees and edits them. What they publish are lots, with policies of their own.
alter table app.recurring_listings enable row level security;
alter table app.recurring_listings force row level security;

create policy "Acts read and write every row" on app.recurring_listings for all to ecopanier_owner
    using (true) with check (true);

grant select on app.recurring_listings to authenticated;
grant insert (shop_id, title, description, category, kind, original_price_cents, price_cents, quantity, weekdays,
    publish_at, pickup_from, pickup_until, date_kind, food_date_in_days, allergens, cold_chain, weight_grams, photo_id,
    gtin, becomes_free_minutes, origin, reduction_ground) on app.recurring_listings to authenticated;
grant update (title, description, category, kind, original_price_cents, price_cents, quantity, weekdays, publish_at,
    pickup_from, pickup_until, date_kind, food_date_in_days, allergens, cold_chain, weight_grams, photo_id, gtin,
    becomes_free_minutes, origin, reduction_ground, active) on app.recurring_listings to authenticated;

create policy "Merchants see recurring listings of their own shops" on app.recurring_listings for select to authenticated
    using (shop_id = any (array(select app.shops_of((select app.caller()), 'reader'))));

create policy "Merchants add recurring listings to their own shops" on app.recurring_listings for insert to authenticated
    with check (shop_id = any (array(select app.shops_of((select app.caller()), 'staff'))));

create policy "Merchants edit recurring listings of their own shops" on app.recurring_listings for update to authenticated
    using (shop_id = any (array(select app.shops_of((select app.caller()), 'staff'))))
    with check (shop_id = any (array(select app.shops_of((select app.caller()), 'staff'))));

-- The guard checks new listings and edits by people, not what publish_recurring notes.
create trigger guard_new_recurring before insert on app.recurring_listings
    for each row execute function app.guard_recurring();
create trigger guard_recurring before update on app.recurring_listings
    for each row when (current_user = 'authenticated') execute function app.guard_recurring();
