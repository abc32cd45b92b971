-- Return published lots near a place in another order than by distance, or with the rarer filters, a page at a time.
-- The answer is that of app.lots_near, which serves all other searches and which this leaves as fast as it is.
-- Called by GET /v1/lots, as the API, for anybody.
-- Definer for the same reason, and lets through the same: public columns of published lots, free lots to current
-- beneficiaries only.
-- Takes metres, cents and times; null means no such filter. sort_by is `distance`, `price` or `pickup`; lots with the
-- same price or opening are in the order of their ids. after_key is the key of the last lot of the page before: metres
-- on the map, cents, or seconds since 1970; the cursor says which, unless it is metres, as in app.lots_near. All lots of the circle are read, because no index has such an order.
create or replace function app.lots_sorted(
    caller uuid, latitude float8, longitude float8, radius_m float8, wanted_kind text, wanted_category text,
    min_price int, max_price int, portions int, only_open bool, collect_after timestamptz, collect_before timestamptz,
    search_words text, unwanted_allergens text[], sort_by text, after_key float8, after_id uuid, page_size int)
returns bytea
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment  timestamptz := app.clock();
    scale   float8 := cos(radians(latitude));     -- metres on the ground per metre on the map
    here    point := app.mercator(latitude, longitude);
    centres point[] := '{}';
    sought  tsquery := app.search_query(search_words);
    shown   text[];
    ids     uuid[];
    keys    float8[];
begin
    if wanted_kind is null or wanted_kind = 'discounted' then
        centres := centres || app.on_shelf(here, 'discounted', 0);
    end if;
    if (wanted_kind is null or wanted_kind = 'free') and caller is not null and app.is_current_beneficiary(caller) then
        centres := centres || app.on_shelf(here, 'free', 0);
    end if;

    select array_agg(app.lot_shown(
               coalesce(c.facts, (select app.lot_facts(l, s) from app.lots l join app.shops s on s.id = l.shop_id
                                  where l.id = n.id)),
               n.remaining, n.past, n.metres * scale) order by n.key, n.id),
           array_agg(n.id order by n.key, n.id), array_agg(n.key order by n.key, n.id)
    into shown, ids, keys
    from (
        select l.id, k.key, l.shelf <-> centre as metres, stock.remaining,
               l.date_kind = 'best_before' and l.food_date_ends_at <= moment as past
        from unnest(centres) as centre
        join app.lots l on l.shelf <@ circle(centre, radius_m / scale)
        join app.lot_stock stock on stock.lot_id = l.id and stock.remaining > 0
        cross join lateral (
            select case sort_by when 'price' then l.price_cents::float8
                                when 'pickup' then extract(epoch from l.pickup_start)::float8
                                else l.shelf <-> centre end as key) k
        where l.status = 'published' and l.pickup_end > moment
          and (wanted_category is null or l.category = wanted_category)
          and (min_price is null or l.price_cents >= min_price)
          and (max_price is null or l.price_cents <= max_price)
          and (portions is null or stock.remaining >= portions)
          and (only_open is not true or l.pickup_start <= moment)
          and (collect_after is null or l.pickup_end > collect_after)
          and (collect_before is null or l.pickup_start < collect_before)
          and (search_words is null or l.words @@ sought)
          and (unwanted_allergens is null or not l.allergens && unwanted_allergens)
          and (k.key, l.id) > (after_key, after_id)
        order by k.key, l.id limit page_size + 1) n
    left join app.lot_cards c on c.lot_id = n.id;

    return app.lots_page(shown, ids, keys, page_size, sort_by);
end $$;
grant execute on function app.lots_sorted(uuid, float8, float8, float8, text, text, int, int, int, bool, timestamptz,
    timestamptz, text, text[], text, float8, uuid, int) to ecopanier_api;
