-- Lots: anybody sees published discounted lots with portions left, current beneficiaries also free ones; merchants see
-- all of their own. Sold-out lots are read through lot_without_portions, so that no missing row tells what became free.
-- Merchants do not see the free lots beside their own, where suspended portions are offered: the counter must not tell
-- these from others.
alter table app.lots enable row level security;
alter table app.lots force row level security;

create policy "Acts read and write every row" on app.lots for all to ecopanier_owner using (true) with check (true);

-- Not when a lot becomes free, which its merchant reads through becomes_free_at, nor when it did and what it cost before.
grant select (id, shop_id, title, description, category, kind, original_price_cents, price_cents, quantity,
    pickup_start, pickup_end, date_kind, food_date, allergens, cold_chain, weight_grams, status, place, shelf,
    category_shelf, words, version, created_at, published_at, photo_id, gtin, batch, recurring_id, recurring_day,
    fair_draw, origin, reduction_ground, suspended_from, given_price_cents, food_date_ends_at, co2e_grams)
    on app.lots to anon, authenticated;
grant insert (shop_id, title, description, category, kind, original_price_cents, price_cents, quantity, pickup_start,
    pickup_end, date_kind, food_date, allergens, cold_chain, weight_grams, photo_id, gtin, batch, becomes_free_at, fair_draw,
    origin, reduction_ground, status) on app.lots to authenticated;
grant update (title, description, category, kind, original_price_cents, price_cents, quantity, pickup_start,
    pickup_end, date_kind, food_date, allergens, cold_chain, weight_grams, photo_id, gtin, batch, becomes_free_at, fair_draw,
    origin, reduction_ground, status) on app.lots to authenticated;

-- Postgres asks policies in the reverse order of their names: this one after that of merchants, whose lists it would
-- slow down, and before those that look up what the caller reserved or is.
create policy "Lots at a discount with portions left are seen by anyone" on app.lots for select to anon, authenticated
    using (status = 'published' and kind = 'discounted' and app.is_on_sale(id));

create policy "Current beneficiaries see published free lots" on app.lots for select to authenticated
    using (status = 'published' and kind = 'free' and (select app.caller_is_current_beneficiary()));

create policy "Merchants see their own lots" on app.lots for select to authenticated
    using (shop_id = any (array(select app.shops_of((select app.caller()), 'reader'))) and suspended_from is null);

create policy "Holders see the free lots they reserved" on app.lots for select to authenticated
    using (id = any (array(select app.lots_reserved_by((select app.caller())))));

create policy "Admins see lots that are not drafts" on app.lots for select to authenticated
    using ((select app.caller_role()) = 'admin' and status <> 'draft');

create policy "Merchants list lots of their own shops" on app.lots for insert to authenticated
    with check (shop_id = any (array(select app.shops_of((select app.caller()), 'staff'))) and status in ('draft', 'published'));

create policy "Merchants edit their own lots" on app.lots for update to authenticated
    using (shop_id = any (array(select app.shops_of((select app.caller()), 'staff'))) and suspended_from is null)
    with check (shop_id = any (array(select app.shops_of((select app.caller()), 'staff'))) and suspended_from is null);

-- The guard checks new lots and edits by people, not changes by acts.
-- Fires before the guards, which compare what it sets: triggers fire in the order of their names.
create trigger date_lot before insert or update of shop_id, date_kind, food_date on app.lots
    for each row execute function app.date_lot();
create trigger estimate_new_lot before insert on app.lots
    for each row execute function app.estimate_lot();
create trigger estimate_lot before update of category, weight_grams, status on app.lots
    for each row when (new.status in ('draft', 'published')) execute function app.estimate_lot();
create trigger guard_new_lot before insert on app.lots
    for each row execute function app.guard_lot();
create trigger guard_lot before update of title, description, category, kind, original_price_cents, price_cents,
    quantity, pickup_start, pickup_end, date_kind, food_date, allergens, cold_chain, weight_grams, photo_id, gtin, batch,
    becomes_free_at, fair_draw, origin, reduction_ground, status on app.lots
    for each row when (current_user = 'authenticated') execute function app.guard_lot();
-- Fires after the guards, which set the lot's place.
create trigger shelve_lot before insert or update of place, kind, category, title, description on app.lots
    for each row execute function app.shelve_lot();
-- Keeps what really went on sale beside what was drafted from its photo.
create trigger keep_first_publication after insert or update of status on app.lots
    for each row when (new.status = 'published' and new.photo_id is not null and new.suspended_from is null)
    execute function app.keep_first_publication();
-- What remains has a row of its own (policies/tables/lot_stock.sql). The quantity is written here.
create trigger stock_new_lot after insert on app.lots for each row execute function app.stock_lot();
create trigger stock_lot after update of quantity on app.lots
    for each row when (new.quantity <> old.quantity) execute function app.stock_lot();
-- Fires on changes that other triggers make too.
create trigger shelve_stock after update on app.lots
    for each row when ((old.shelf[0], old.shelf[1], old.category_shelf[0], old.category_shelf[1], old.status,
                        old.pickup_end, old.date_kind, old.food_date_ends_at)
                       is distinct from (new.shelf[0], new.shelf[1], new.category_shelf[0], new.category_shelf[1],
                                         new.status, new.pickup_end, new.date_kind, new.food_date_ends_at))
    execute function app.shelve_stock();
-- Not when a lot that was paused is published again: people were told of it before.
create trigger announce_new_lot after insert on app.lots
    for each row when (new.status = 'published') execute function app.announce_lot();
create trigger announce_lot after update of status, kind on app.lots
    for each row when (new.status = 'published' and (old.status = 'draft' or old.kind <> new.kind))
    execute function app.announce_lot();
-- A lot that was paused has portions left, and people may wait for them.
create trigger give_to_who_waits after update of status on app.lots
    for each row when (new.status = 'published' and old.status <> 'published')
    execute function app.give_to_who_waits();
-- Its outcome counts in the figures of its day.
create trigger record_lot_end after update of status on app.lots
    for each row when (new.status in ('ended', 'withdrawn', 'recalled')
                       and old.status not in ('ended', 'withdrawn', 'recalled', 'draft') and new.suspended_from is null)
    execute function app.record_lot_end();
create trigger end_waiting after update of status, kind on app.lots
    for each row when (new.status <> old.status and new.status in ('withdrawn', 'recalled', 'ended')
                       or new.kind <> old.kind)
    execute function app.end_waiting();

-- The card has what a search shows, except what remains, what depends on the clock, and the distance.
create trigger keep_card after insert or update of shop_id, title, description, category, kind, original_price_cents,
    price_cents, quantity, pickup_start, pickup_end, date_kind, food_date, allergens, cold_chain,
    weight_grams, status, published_at, photo_id, origin, reduction_ground on app.lots
    for each row when (new.status = 'published' and new.kind = 'discounted') execute function app.keep_card();
create trigger drop_card after update of status, kind on app.lots
    for each row when (old.status = 'published' and old.kind = 'discounted'
                       and (new.status <> 'published' or new.kind <> 'discounted'))
    execute function app.drop_card();

create trigger compare_new_with_notices after insert on app.lots
    for each row when (new.status = 'published' and new.suspended_from is null) execute function app.compare_with_notices();
create trigger compare_with_notices after update of status, gtin, batch, food_date, title, description on app.lots
    for each row when (new.status = 'published' and new.suspended_from is null
                       and (old.status, old.gtin, old.batch, old.food_date, old.title, old.description)
                       is distinct from (new.status, new.gtin, new.batch, new.food_date, new.title, new.description))
    execute function app.compare_with_notices();

create trigger queue_closing after update of status on app.lots
    for each row when (new.suspended_from is null and new.status in ('ended', 'withdrawn', 'recalled')
                       and old.status not in ('draft', 'ended', 'withdrawn', 'recalled'))
    execute function app.queue_closing();

create trigger tell_of_new_lot after insert on app.lots
    for each row when (new.suspended_from is null and new.status = 'published') execute function app.tell_of_lot();
create trigger tell_of_lot after update of status on app.lots
    for each row when (new.suspended_from is null
                       and (new.status = 'published' and old.status = 'draft'
                            or new.status in ('ended', 'withdrawn', 'recalled')
                               and old.status not in ('draft', 'ended', 'withdrawn', 'recalled')))
    execute function app.tell_of_lot();

create trigger follow_original after update of title, description, photo_id on app.lots
    for each row when (new.suspended_from is null and (old.title, old.description, old.photo_id)
                       is distinct from (new.title, new.description, new.photo_id))
    execute function app.follow_original();

grant select (id, title, shop_id, pickup_start, pickup_end, batch) on app.lots to ecopanier_worker;
create policy "The worker reads what a holder is told about" on app.lots for select to ecopanier_worker using (true);
