-- Trigger: store what a merchant first publishes from a photo beside what was drafted from it.
-- Fires when a lot with a photo is published (policies/tables/lots.sql). Later lots that show the same photo change
-- nothing.
-- Definer, because nobody may write drafts.
-- Locks: the draft.
create or replace function app.keep_first_publication() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update app.listing_drafts d set lot_id = new.id, published_at = new.published_at, published = jsonb_build_object(
        'title', new.title, 'description', new.description, 'category', new.category,
        'original_price_cents', new.original_price_cents, 'price_cents', new.price_cents, 'portions', new.quantity,
        'weight_grams', new.weight_grams, 'date_kind', new.date_kind, 'food_date', new.food_date,
        'cold_chain', new.cold_chain, 'suspected_allergens', new.allergens, 'gtin', new.gtin, 'batch', new.batch)
    where d.photo_id = new.photo_id and d.lot_id is null and d.shop_id = new.shop_id;
    return null;
end $$;
