-- Offer given portions in the free lot beside a discounted one, which the first gift makes; return that lot. From then
-- on they are free portions like any other.
-- Called by settle_payment and move_suspended, which hold the shop (so that nothing is published past its suspension)
-- and the discounted lot. The trigger guard_lot checks the rest, recalls included. Only the owner may execute it.
-- Locks: the free lot.
create or replace function app.offer_suspended(l app.lots, portions int, price int) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    beside uuid;
begin
    -- While all gifts were refunded and nobody had reserved the discounted lot, its merchant may have changed it.
    update app.lots s
    set given_price_cents = price, title = l.title, description = l.description, category = l.category,
        original_price_cents = l.original_price_cents, pickup_start = l.pickup_start, pickup_end = l.pickup_end,
        date_kind = l.date_kind, food_date = l.food_date, allergens = l.allergens, cold_chain = l.cold_chain,
        weight_grams = l.weight_grams, photo_id = l.photo_id, gtin = l.gtin, batch = l.batch, origin = l.origin,
        reduction_ground = l.reduction_ground, version = s.version + 1,
        -- Its window may have been over before the merchant moved it.
        status = case s.status when 'ended' then 'published' else s.status end
    where s.suspended_from = l.id
      and (s.given_price_cents, s.title, s.description, s.category, s.original_price_cents, s.pickup_start, s.pickup_end,
           s.date_kind, s.food_date, s.allergens, s.cold_chain, s.weight_grams, s.photo_id, s.gtin, s.batch, s.origin,
           s.reduction_ground)
          is distinct from
          (price, l.title, l.description, l.category, l.original_price_cents, l.pickup_start, l.pickup_end,
           l.date_kind, l.food_date, l.allergens, l.cold_chain, l.weight_grams, l.photo_id, l.gtin, l.batch, l.origin,
           l.reduction_ground);
    update app.lots s set quantity = s.quantity + portions where s.suspended_from = l.id returning s.id into beside;
    if found then return beside; end if;
    insert into app.lots
        (suspended_from, given_price_cents, shop_id, title, description, category, kind, original_price_cents, price_cents,
         quantity, pickup_start, pickup_end, date_kind, food_date, allergens, cold_chain, weight_grams, photo_id, gtin,
         batch, origin, reduction_ground, status)
    values
        (l.id, price, l.shop_id, l.title, l.description, l.category, 'free', l.original_price_cents, 0, portions,
         l.pickup_start, l.pickup_end, l.date_kind, l.food_date, l.allergens, l.cold_chain, l.weight_grams, l.photo_id,
         l.gtin, l.batch, l.origin, l.reduction_ground, 'published')
    returning id into beside;
    return beside;
end $$;
