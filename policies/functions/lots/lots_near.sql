-- Return published lots near a place as JSON, nearest first, a page at a time.
-- What a discounted lot shows to everybody is read from its card (app.lot_cards), which triggers keep up to date; what
-- a free lot shows is made here, by the same function.
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
    left_over int[];
    past    bool[];
    page    text;
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
            select array_agg(n.at), array_agg(n.id), array_agg(n.metres), array_agg(n.remaining), array_agg(n.past)
            into at, ids, metres, left_over, past from (
                select x.at, x.id, x.metres, x.remaining, x.past from unnest(centres) as c (centre) cross join lateral (
                    select l.ctid as at, l.id, l.shelf <-> c.centre as metres, l.remaining,
                           l.date_kind = 'best_before' and l.food_date_ends_at <= moment as past
                    from app.lots l
                    where l.status = 'published' and l.shelf <@ circle(c.centre, radius_m / scale)
                      and l.remaining > 0 and l.pickup_end > moment
                      and (l.shelf <-> c.centre, l.id) > (after_distance, after_id)
                    order by l.shelf <-> c.centre, l.id limit page_size + 1) x
                order by x.metres, x.id limit page_size + 1) n;
        else
            select array_agg(n.at), array_agg(n.id), array_agg(n.metres), array_agg(n.remaining), array_agg(n.past)
            into at, ids, metres, left_over, past from (
                select x.at, x.id, x.metres, x.remaining, x.past from unnest(centres) as c (centre) cross join lateral (
                    select l.ctid as at, l.id, l.category_shelf <-> c.centre as metres, l.remaining,
                           l.date_kind = 'best_before' and l.food_date_ends_at <= moment as past
                    from app.lots l
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
            select array_agg(n.at), array_agg(n.id), array_agg(n.metres), array_agg(n.remaining), array_agg(n.past) from (
                select x.at, x.id, x.metres, x.remaining, x.past from unnest($1) as c (centre) cross join lateral (
                    select l.ctid as at, l.id, l.%1$I <-> c.centre as metres, l.remaining,
                           l.date_kind = 'best_before' and l.food_date_ends_at <= $3 as past
                    from app.lots l
                    where l.status = 'published' and l.%1$I <@ circle(c.centre, $2)
                      and l.remaining > 0 and l.pickup_end > $3
                      and (l.%1$I <-> c.centre, l.id) > ($4, $5) %2$s
                    order by l.%1$I <-> c.centre, l.id limit $6 + 1) x
                order by x.metres, x.id limit $6 + 1) n $q$, column_, more)
        into at, ids, metres, left_over, past
        using centres, radius_m / scale, moment, after_distance, after_id, page_size, max_price, collect_after,
              collect_before, app.search_query(search_words), unwanted_allergens;
    end if;

    -- Free lots have no card. They are found by place in the table, not by id: the function is stable, so this statement
    -- sees the same rows as the one before.
    select string_agg(
        coalesce(c.facts, (select app.lot_facts(l, s) from app.lots l join app.shops s on s.id = l.shop_id
                           where l.ctid = n.at))
        || ',"remaining":' || n.remaining || ',"past_best_before":' || coalesce(n.past, false)
        || ',"distance_m":' || round(n.metres * scale) || '}', ',' order by n.rank)
    into page
    from unnest(at, ids, metres, left_over, past) with ordinality as n (at, id, metres, remaining, past, rank)
    left join app.lot_cards c on c.lot_id = n.id
    where n.rank <= page_size;

    return '{"data":[' || coalesce(page, '') || case when cardinality(ids) > page_size
        then '],"has_more":true,"next":"'
             || encode(convert_to(metres[page_size] || ' ' || ids[page_size], 'UTF8'), 'hex') || '"}'
        else '],"has_more":false,"next":null}' end;
end $$;
grant execute on function app.lots_near(uuid, float8, float8, float8, text, text, int, timestamptz, timestamptz, text,
    text[], float8, uuid, int) to ecopanier_api;
