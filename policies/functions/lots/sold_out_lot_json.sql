-- Return a lot as JSON, as people read it who may not have any portion of it now.
-- Called by lot_without_portions and lots_without_portions. A lot that became free looks exactly like a discounted one
-- that is sold out: price and version are those from before, and whatever happens to its free portions does not show.
-- Only the owner may execute it.
create or replace function app.sold_out_lot_json(l app.lots) returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (
        select json_build_object(
            'id', l.id, 'shop_id', l.shop_id, 'title', l.title, 'description', l.description, 'category', l.category,
            'kind', 'discounted', 'original_price_cents', l.original_price_cents,
            'price_cents', case when l.converted_at is null then l.price_cents else l.price_before_free_cents end,
            'quantity', l.quantity, 'remaining', 0, 'pickup_start', l.pickup_start, 'pickup_end', l.pickup_end,
            'date_kind', l.date_kind, 'food_date', l.food_date,
            'past_best_before', coalesce(l.date_kind = 'best_before' and l.food_date_ends_at <= app.clock(), false),
            'origin', l.origin, 'reduction_ground', l.reduction_ground,
            'allergens', l.allergens, 'cold_chain', l.cold_chain, 'weight_grams', l.weight_grams, 'co2e_grams', l.co2e_grams,
            'status', l.status,
            'published_at', l.published_at, 'photo_id', l.photo_id, 'gtin', l.gtin, 'batch', l.batch,
            'becomes_free_at', null, 'fair_draw', false, 'free_lot_id', null,
            -- The conversion counted as one change.
            'version', l.version - case when l.converted_at is null then 0 else 1 end,
            'shop', json_build_object('id', s.id, 'name', s.name, 'address', s.address, 'latitude', s.latitude,
                                      'longitude', s.longitude, 'category', s.category, 'time_zone', s.time_zone))
        from app.shops s where s.id = l.shop_id);
end $$;
