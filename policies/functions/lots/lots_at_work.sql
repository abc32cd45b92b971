-- Return a shop where the caller works (app.workplace), and ids and JSON of up to `most` of its lots, newest first: those of
-- one status (null: of any) that are older than `before` (null: the newest).
-- Called by GET /v1/shops/{shop_id}/workplace/lots, as the caller: raises EP404 for others than the shop's members, to
-- whom row-level security shows all its lots.
create or replace function app.lots_at_work(
    shop uuid, wanted_status text, before uuid, most int, out house json, out ids uuid[], out lots text[])
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    house := app.workplace(shop);
    select coalesce(array_agg(n.id order by n.id desc), '{}'), coalesce(array_agg(n.shown order by n.id desc), '{}')
    into ids, lots
    from (select l.id, json_build_object(
              'id', l.id, 'shop_id', l.shop_id, 'title', l.title, 'description', l.description,
              'category', l.category, 'kind', l.kind, 'original_price_cents', l.original_price_cents,
              'price_cents', l.price_cents, 'quantity', l.quantity, 'remaining', k.remaining,
              'pickup_start', l.pickup_start, 'pickup_end', l.pickup_end, 'date_kind', l.date_kind,
              'food_date', l.food_date, 'past_best_before',
              coalesce(l.date_kind = 'best_before' and l.food_date_ends_at <= app.clock(), false),
              'allergens', l.allergens, 'cold_chain', l.cold_chain, 'weight_grams', l.weight_grams,
              'co2e_grams', l.co2e_grams, 'status', l.status, 'published_at', l.published_at, 'origin', l.origin,
              'reduction_ground', l.reduction_ground, 'photo_id', l.photo_id,
              'shop', json_build_object('id', s.id, 'name', s.name, 'address', s.address, 'latitude', s.latitude,
                                        'longitude', s.longitude, 'category', s.category,
                                        'time_zone', s.time_zone))::text as shown
          from app.lots l join app.lot_stock k on k.lot_id = l.id join app.shops s on s.id = l.shop_id
          where l.shop_id = lots_at_work.shop and (wanted_status is null or l.status = wanted_status)
            and l.id < coalesce(before, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
          order by l.id desc limit most) n;
end $$;
grant execute on function app.lots_at_work(uuid, text, uuid, int) to authenticated;
