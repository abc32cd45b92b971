-- Return published lots near a place as JSON, nearest first, a page at a time.
-- Called by GET /v1/lots (the hot read), as the API, for anybody.
-- Definer and audited: under row-level security the distance condition may not use the index, because its operator is
-- not leakproof. So this reads lots past the policies, and lets through public columns of published lots, free lots to
-- current beneficiaries only.
-- Each kind lies on a plane of its own in the index, so asking for both is two searches and a merge.
-- The plan is made once per session, and always by distance: making a plan per call costs a third of the call, and the
-- planner assumes that every circle holds a thousandth of the lots.
-- Takes metres, cents and times; null means no such filter. The usual questions run a prepared statement. The rarer
-- filters run a statement that is composed of the conditions asked for; values are always bound.
create or replace function app.lots_near(
    caller uuid, latitude float8, longitude float8, radius_m float8, wanted_kind text, wanted_category text,
    max_price int, collect_after timestamptz, collect_before timestamptz, search_words text, unwanted_allergens text[],
    after_distance float8, after_id uuid, page_size int) returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan
set enable_sort = off as $$
declare
    moment  timestamptz := app.clock();
    scale   float8 := cos(radians(latitude));     -- metres on the ground per metre on the map
    here    point := app.mercator(latitude, longitude);
    shelf   int := coalesce(app.category_number(wanted_category), 0);
    centres point[] := '{}';
    column_ text := case when shelf = 0 then 'shelf' else 'category_shelf' end;
    more    text := '';
    at      tid[];
    ids     uuid[];
    metres  float8[];
    page    json;
begin
    if wanted_kind is null or wanted_kind = 'discounted' then
        centres := centres || app.on_shelf(here, 'discounted', shelf);
    end if;
    if (wanted_kind is null or wanted_kind = 'free') and caller is not null and app.is_current_beneficiary(caller) then
        centres := centres || app.on_shelf(here, 'free', shelf);
    end if;

    if max_price is null and collect_after is null and collect_before is null and search_words is null
       and unwanted_allergens is null then
        if shelf = 0 then
            select array_agg(n.at), array_agg(n.id), array_agg(n.metres) into at, ids, metres from (
                select x.at, x.id, x.metres from unnest(centres) as c (centre) cross join lateral (
                    select l.ctid as at, l.id, l.shelf <-> c.centre as metres from app.lots l
                    where l.status = 'published' and l.shelf <@ circle(c.centre, radius_m / scale)
                      and l.remaining > 0 and l.pickup_end > moment
                      and (l.shelf <-> c.centre, l.id) > (after_distance, after_id)
                    order by l.shelf <-> c.centre, l.id limit page_size + 1) x
                order by x.metres, x.id limit page_size + 1) n;
        else
            select array_agg(n.at), array_agg(n.id), array_agg(n.metres) into at, ids, metres from (
                select x.at, x.id, x.metres from unnest(centres) as c (centre) cross join lateral (
                    select l.ctid as at, l.id, l.category_shelf <-> c.centre as metres from app.lots l
                    where l.status = 'published' and l.category_shelf <@ circle(c.centre, radius_m / scale)
                      and l.remaining > 0 and l.pickup_end > moment
                      and (l.category_shelf <-> c.centre, l.id) > (after_distance, after_id)
                    order by l.category_shelf <-> c.centre, l.id limit page_size + 1) x
                order by x.metres, x.id limit page_size + 1) n;
        end if;
    else
        -- Few lots may pass these filters. Walking by distance until a page is full could visit all lots.
        perform set_config('enable_sort', 'on', true);
        if max_price is not null then more := more || ' and l.price_cents <= $7'; end if;
        if collect_after is not null then more := more || ' and l.pickup_end > $8'; end if;
        if collect_before is not null then more := more || ' and l.pickup_start < $9'; end if;
        if search_words is not null then more := more || ' and l.words @@ $10'; end if;
        if unwanted_allergens is not null then more := more || ' and not l.allergens && $11'; end if;
        execute format($q$
            select array_agg(n.at), array_agg(n.id), array_agg(n.metres) from (
                select x.at, x.id, x.metres from unnest($1) as c (centre) cross join lateral (
                    select l.ctid as at, l.id, l.%1$I <-> c.centre as metres from app.lots l
                    where l.status = 'published' and l.%1$I <@ circle(c.centre, $2)
                      and l.remaining > 0 and l.pickup_end > $3
                      and (l.%1$I <-> c.centre, l.id) > ($4, $5) %2$s
                    order by l.%1$I <-> c.centre, l.id limit $6 + 1) x
                order by x.metres, x.id limit $6 + 1) n $q$, column_, more)
        into at, ids, metres
        using centres, radius_m / scale, moment, after_distance, after_id, page_size, max_price, collect_after,
              collect_before, app.search_query(search_words), unwanted_allergens;
    end if;

    -- Joined by place in the table, not by id: the function is stable, so this statement sees the same rows as the one
    -- before.
    select coalesce(json_agg(json_build_object(
        'id', l.id, 'shop_id', l.shop_id, 'title', l.title, 'description', l.description, 'category', l.category,
        'kind', l.kind, 'original_price_cents', l.original_price_cents, 'price_cents', l.price_cents,
        'quantity', l.quantity, 'remaining', l.remaining, 'pickup_start', l.pickup_start, 'pickup_end', l.pickup_end,
        'date_kind', l.date_kind, 'food_date', l.food_date,
        'past_best_before', l.date_kind = 'best_before' and l.food_date_ends_at <= moment,
        'allergens', l.allergens, 'cold_chain', l.cold_chain, 'weight_grams', l.weight_grams, 'status', l.status,
        'published_at', l.published_at, 'photo_id', l.photo_id,
        'distance_m', round(n.metres * scale),
        'shop', json_build_object('id', s.id, 'name', s.name, 'address', s.address, 'latitude', s.latitude,
                                  'longitude', s.longitude, 'category', s.category,
                                  'time_zone', s.time_zone)) order by n.rank), '[]')
    into page
    from unnest(at, metres) with ordinality as n (at, metres, rank)
    join app.lots l on l.ctid = n.at
    join app.shops s on s.id = l.shop_id
    where n.rank <= page_size;

    return json_build_object(
        'data', page, 'has_more', coalesce(cardinality(ids), 0) > page_size,
        'next', case when cardinality(ids) > page_size
                     then encode(convert_to(metres[page_size] || ' ' || ids[page_size], 'UTF8'), 'hex') end);
end $$;
grant execute on function app.lots_near(uuid, float8, float8, float8, text, text, int, timestamptz, timestamptz, text,
    text[], float8, uuid, int) to ecopanier_api;
