-- Return what a lot shows to everybody who may see it, as the beginning of a JSON object without its closing brace.
-- Called by keep_card, keep_cards_of_shop and make_cards, which keep it as the lot's card, and by lots_near for free
-- lots, which have no card. lots_near adds what changes with stock, clock and caller.
-- A plain expression without settings of its own, so that the planner inlines it. JSON shows times in the session's
-- zone: whoever calls this sets it to UTC, as the API's connections do.
create or replace function app.lot_facts(l app.lots, s app.shops) returns text language sql stable as $$
    select left(json_build_object(
        'id', l.id, 'shop_id', l.shop_id, 'title', l.title, 'description', l.description, 'category', l.category,
        'kind', l.kind, 'original_price_cents', l.original_price_cents, 'price_cents', l.price_cents,
        'quantity', l.quantity, 'pickup_start', l.pickup_start, 'pickup_end', l.pickup_end,
        'date_kind', l.date_kind, 'food_date', l.food_date, 'allergens', l.allergens, 'cold_chain', l.cold_chain,
        'weight_grams', l.weight_grams, 'co2e_grams', l.co2e_grams, 'status', l.status, 'published_at', l.published_at,
        'photo_id', l.photo_id, 'origin', l.origin, 'reduction_ground', l.reduction_ground,
        'shop', json_build_object('id', s.id, 'name', s.name, 'address', s.address, 'latitude', s.latitude,
                                  'longitude', s.longitude, 'category', s.category, 'time_zone', s.time_zone))::text, -1)
$$;
