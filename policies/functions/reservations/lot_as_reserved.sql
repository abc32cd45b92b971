-- Return a lot that became free, as its holder reserved it before, as the API answers it; null for everybody else.
-- Called by GET /v1/lots/{lot_id} when the caller may not see the lot's row. It looks like a lot that is over: nothing
-- tells that its portions are offered to beneficiaries now, nor how many are left.
-- Definer, because the caller may not see free lots. Only lots that the caller reserved when they were discounted.
create or replace function app.lot_as_reserved(lot uuid) returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (
        select json_build_object(
            'id', l.id, 'shop_id', l.shop_id, 'title', l.title, 'description', l.description, 'category', l.category,
            'kind', 'discounted', 'original_price_cents', l.original_price_cents, 'price_cents', r.unit_price_cents,
            'quantity', l.quantity, 'remaining', 0, 'pickup_start', l.pickup_start, 'pickup_end', l.pickup_end,
            'date_kind', l.date_kind, 'food_date', l.food_date,
            'past_best_before', l.date_kind = 'best_before' and l.food_date_ends_at <= app.clock(),
            'allergens', l.allergens, 'cold_chain', l.cold_chain, 'weight_grams', l.weight_grams,
            'status', case when l.status in ('published', 'paused') then 'ended' else l.status end,
            'published_at', l.published_at, 'photo_id', l.photo_id, 'gtin', l.gtin, 'batch', l.batch,
            'becomes_free_at', null, 'fair_draw', false, 'free_lot_id', null, 'version', l.version,
            'shop', json_build_object('id', s.id, 'name', s.name, 'address', s.address, 'latitude', s.latitude,
                                      'longitude', s.longitude, 'category', s.category,
                                      'time_zone', s.time_zone))
        from app.reservations r join app.lots l on l.id = r.lot_id join app.shops s on s.id = l.shop_id
        where r.lot_id = lot and r.account_id = app.caller() and r.unit_price_cents > 0 and l.converted_at is not null
          and app.came_to_something(r.purpose, r.status, r.ended_because)
        order by r.id desc limit 1);
end $$;
grant execute on function app.lot_as_reserved(uuid) to authenticated;
