-- Return published lots near a place, nearest first, a page at a time: JSON as bytes in UTF-8, which the API passes on.
-- Finds lots by the narrow rows beside their stock (app.lot_stock), and reads what a discounted lot shows to everybody
-- from its card (app.lot_cards). Triggers keep both up to date. What a free lot shows is made here, by the same function. app.lot_shown adds what changes with stock, clock and place.
-- Called by GET /v1/lots (the hot read), as the API, for anybody.
-- Definer and audited: under row-level security the distance condition may not use the index, because its operator is
-- not leakproof. So this reads lots and stock past the policies, and lets through public columns of published lots, free lots to
-- current beneficiaries only.
-- Each kind lies on a plane of its own in the index, so asking for both is two searches and a merge. Each search walks
-- one of two indexes, that of all categories or that of the one asked for: joining both in one statement costs a tenth.
-- The rarer filters need columns of lots, so their searches walk lots and look up what remains of those that pass (offset 0:
-- a join could be planned from the stock of all lots).
-- The plan is made once per session, and always by distance: making a plan per call costs a third of the call, and the
-- planner assumes that every circle holds a thousandth of the lots.
-- Takes metres, cents and times; null means no such filter. The usual questions run a prepared statement. The rarer
-- filters run a statement that is composed of the conditions asked for; values are always bound.
create or replace function app.lots_near(
    caller uuid, latitude float8, longitude float8, radius_m float8, wanted_kind text, wanted_category text,
    max_price int, collect_after timestamptz, collect_before timestamptz, search_words text, unwanted_allergens text[],
    after_distance float8, after_id uuid, page_size int) returns bytea
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan
set enable_sort = off as $$
declare
    moment  timestamptz := app.clock();
    scale   float8 := cos(radians(latitude));     -- metres on the ground per metre on the map
    here    point := app.mercator(latitude, longitude);
    aisle   int := coalesce(app.category_number(wanted_category), 0);  -- 0: all categories
    centres point[] := '{}';
    centre  point;
    usual   bool := max_price is null and collect_after is null and collect_before is null and search_words is null
                    and unwanted_allergens is null;
    more    text;
    found   text[];  -- of one centre
    found_ids uuid[];
    found_metres float8[];
    shown   text[];  -- of all; at least one lot more than fits on the page tells that there are more
    ids     uuid[];
    metres  float8[];
begin
    if wanted_kind is null or wanted_kind = 'discounted' then
        centres := centres || app.on_shelf(here, 'discounted', aisle);
    end if;
    if (wanted_kind is null or wanted_kind = 'free') and caller is not null and app.is_current_beneficiary(caller) then
        centres := centres || app.on_shelf(here, 'free', aisle);
    end if;

    foreach centre in array centres loop
        if usual and aisle = 0 then
            select array_agg(app.lot_shown(
                       coalesce(c.facts, (select app.lot_facts(l, s) from app.lots l join app.shops s on s.id = l.shop_id
                                          where l.id = n.id)),
                       n.remaining, n.past, n.metres * scale) order by n.metres, n.id),
                   array_agg(n.id order by n.metres, n.id), array_agg(n.metres order by n.metres, n.id)
            into found, found_ids, found_metres
            from (
                select k.lot_id as id, k.shelf <-> centre as metres, k.remaining, k.best_before_ends <= moment as past
                from app.lot_stock k
                where k.published and k.shelf <@ circle(centre, radius_m / scale)
                  and k.remaining > 0 and k.pickup_end > moment
                  and (k.shelf <-> centre, k.lot_id) > (after_distance, after_id)
                order by k.shelf <-> centre, k.lot_id limit page_size + 1) n
            left join app.lot_cards c on c.lot_id = n.id;
        elsif usual then
            select array_agg(app.lot_shown(
                       coalesce(c.facts, (select app.lot_facts(l, s) from app.lots l join app.shops s on s.id = l.shop_id
                                          where l.id = n.id)),
                       n.remaining, n.past, n.metres * scale) order by n.metres, n.id),
                   array_agg(n.id order by n.metres, n.id), array_agg(n.metres order by n.metres, n.id)
            into found, found_ids, found_metres
            from (
                select k.lot_id as id, k.category_shelf <-> centre as metres, k.remaining, k.best_before_ends <= moment as past
                from app.lot_stock k
                where k.published and k.category_shelf <@ circle(centre, radius_m / scale)
                  and k.remaining > 0 and k.pickup_end > moment
                  and (k.category_shelf <-> centre, k.lot_id) > (after_distance, after_id)
                order by k.category_shelf <-> centre, k.lot_id limit page_size + 1) n
            left join app.lot_cards c on c.lot_id = n.id;
        else
            -- Few lots may pass these filters. Walking by distance until a page is full could visit all lots.
            perform set_config('enable_sort', 'on', true);
            more := '';
            if max_price is not null then more := more || ' and l.price_cents <= $8'; end if;
            if collect_after is not null then more := more || ' and l.pickup_end > $9'; end if;
            if collect_before is not null then more := more || ' and l.pickup_start < $10'; end if;
            if search_words is not null then more := more || ' and l.words @@ $11'; end if;
            if unwanted_allergens is not null then more := more || ' and not l.allergens && $12'; end if;
            execute format($q$
                select array_agg(app.lot_shown(
                           coalesce(c.facts, (select app.lot_facts(l, s)
                                              from app.lots l join app.shops s on s.id = l.shop_id
                                              where l.ctid = n.at)),
                           n.remaining, n.past, n.metres * $7) order by n.metres, n.id),
                       array_agg(n.id order by n.metres, n.id), array_agg(n.metres order by n.metres, n.id)
                from (
                    select l.ctid as at, l.id, l.%1$I <-> $1 as metres, k.remaining,
                           l.date_kind = 'best_before' and l.food_date_ends_at <= $3 as past
                    from app.lots l cross join lateral (
                        select s.remaining from app.lot_stock s where s.lot_id = l.id and s.remaining > 0 offset 0) k
                    where l.status = 'published' and l.%1$I <@ circle($1, $2)
                      and l.pickup_end > $3
                      and (l.%1$I <-> $1, l.id) > ($4, $5) %2$s
                    order by l.%1$I <-> $1, l.id limit $6 + 1) n
                left join app.lot_cards c on c.lot_id = n.id $q$,
                case when aisle = 0 then 'shelf' else 'category_shelf' end, more)
            into found, found_ids, found_metres
            using centre, radius_m / scale, moment, after_distance, after_id, page_size, scale, max_price, collect_after,
                  collect_before, app.search_query(search_words), unwanted_allergens;
        end if;
        shown := shown || found;
        ids := ids || found_ids;
        metres := metres || found_metres;
    end loop;

    if cardinality(centres) > 1 then
        select array_agg(n.shown order by n.metres, n.id), array_agg(n.id order by n.metres, n.id),
               array_agg(n.metres order by n.metres, n.id)
        into shown, ids, metres
        from unnest(shown, ids, metres) as n (shown, id, metres);
    end if;

    return app.lots_page(shown, ids, metres, page_size, 'distance');
end $$;
grant execute on function app.lots_near(uuid, float8, float8, float8, text, text, int, timestamptz, timestamptz, text,
    text[], float8, uuid, int) to ecopanier_api;
