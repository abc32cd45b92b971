-- Make a request to have food collected, take its portions out of the stock of their lots, and tell whom it concerns; return
-- its id.
-- Called by ask_collection and by what asks without a member: links, unsold lots, recurring requests, associations that give
-- (giver), and what a collector left (remainder). Only the owner may execute it.
-- `wanted_lots` is a list of {lot_id, portions}; portions null: all that are left. `wanted_items` is a list of what is in no
-- lot: {title, category, grams, crates, portions, date_kind, food_date, cold, batch, gtin, value_cents}.
-- `association` is the one that it is offered to; null: the one that fits best, or somebody decides later.
-- Raises EP422 for a window, an item or a number that cannot be; EP404 and EP409 for a shop, lot or association that may
-- not, and for food that may not be given.
-- Definer, because nobody may write collections or stock.
-- Locks: the shop (share, so that it is not suspended meanwhile), the stock of the lots in the order of ids.
create or replace function app.make_collection(
    shop uuid, giver uuid, association uuid, wanted_lots jsonb, wanted_items jsonb, starts timestamptz, ends timestamptz,
    note text, how text, asked_by uuid, remainder uuid default null) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    made   uuid := app.uuid7();
    moment timestamptz := app.clock();
    house  app.shops;
    zone   text;
    asked  record;
    own    app.lots;
    taken  int;
    live   boolean;
    sums   record;
begin
    perform app.require_collection_window(starts, ends);
    if jsonb_array_length(wanted_lots) + jsonb_array_length(wanted_items) = 0 then
        raise exception 'collection.empty' using errcode = 'EP422';
    end if;
    if shop is not null then
        select * into house from app.shops s where s.id = shop for share;
        if house.status is distinct from 'verified' then
            raise exception 'shop.not_verified' using errcode = 'EP409';
        end if;
        zone := house.time_zone;
    else
        select a.time_zone into zone from app.associations a where a.id = giver and a.status = 'verified';
        if not found then raise exception 'association.not_found' using errcode = 'EP404'; end if;
    end if;
    if association is not null then perform app.require_receiver(association, shop); end if;

    insert into app.collections (id, from_point, to_point, shop_id, giver_id, association_id, asked_how, asked_by,
        remainder_of, window_start, window_end, notes, created_at, changed_at)
    select made, p.id, t.id, shop, giver, association, how, make_collection.asked_by, remainder, starts, ends, note, moment,
           moment
    from app.collection_points p
    left join app.collection_points t on t.kind = 'association' and t.association_id = association
    where p.kind = 'shop' and p.shop_id = shop or p.kind = 'association' and p.association_id = giver;

    for asked in
        select (w ->> 'lot_id')::uuid as lot_id,
               case when bool_and(w ->> 'portions' is not null) then sum((w ->> 'portions')::int) end as portions
        from jsonb_array_elements(wanted_lots) w group by 1 order by 1
    loop
        perform from app.lot_stock k where k.lot_id = asked.lot_id for update;
        select * into own from app.lots l where l.id = asked.lot_id and l.shop_id = shop and l.suspended_from is null;
        if not found or own.status = 'draft' then raise exception 'lot.not_found' using errcode = 'EP404'; end if;
        if own.status = 'recalled' then raise exception 'lot.recalled' using errcode = 'EP409'; end if;
        if own.status = 'withdrawn' then raise exception 'lot.closed' using errcode = 'EP409'; end if;
        taken := app.left_of_lot(own);
        if taken = 0 or asked.portions > taken then
            raise exception 'collection.too_few_left' using errcode = 'EP409', detail = '{"left": ' || taken || '}';
        end if;
        taken := coalesce(asked.portions, taken);
        live := own.status in ('published', 'paused') and own.pickup_end > moment;
        if live then update app.lot_stock k set remaining = k.remaining - taken where k.lot_id = own.id; end if;
        insert into app.collection_items (collection_id, lot_id, title, category, grams, portions, date_kind, food_date,
            food_date_ends_at, batch, gtin, cold, value_cents, holds_stock)
        values (made, own.id, own.title, own.category, own.weight_grams * taken, taken, own.date_kind, own.food_date,
                own.food_date_ends_at, own.batch, own.gtin,
                case when own.category = 'frozen' then 'frozen' when own.cold_chain then 'chilled' else 'none' end,
                own.original_price_cents * taken, live);
    end loop;

    insert into app.collection_items (collection_id, title, category, grams, crates, portions, date_kind, food_date,
        food_date_ends_at, batch, gtin, cold, value_cents)
    select made, w.title, w.category, w.grams, w.crates, w.portions, w.date_kind, w.food_date,
           app.end_of_day(w.food_date, zone), w.batch, w.gtin, w.cold, w.value_cents
    from jsonb_to_recordset(wanted_items) as w (
        title text, category text, grams int, crates int, portions int, date_kind text, food_date date, batch text,
        gtin text, cold text, value_cents int);

    if exists (select from app.collection_items i
               where i.collection_id = made and i.lot_id is null and app.offers_alcohol(i.category, i.title, '')) then
        raise exception 'lot.alcohol' using errcode = 'EP422';
    end if;
    -- Food whose recall is being issued right now is refused to be tried again, as where lots are published.
    perform app.refuse_recalled(i.gtin, i.batch, i.food_date, false)
    from (select distinct x.gtin, x.batch, x.food_date from app.collection_items x
          where x.collection_id = made and x.gtin is not null order by x.gtin) i;
    perform app.require_food_law(made, association, ends);

    -- What has no weight counts with that of a meal a portion, and of a usual crate.
    select coalesce(sum(coalesce(i.grams, greatest(
               coalesce(i.portions::bigint * app.setting_int('meal_grams'), 0),
               coalesce(i.crates::bigint * app.setting_int('crate_grams'), 0)))), 0) as grams,
           coalesce(sum(i.crates), 0) as crates, coalesce(sum(i.portions), 0) as portions,
           min(i.food_date_ends_at) filter (where i.date_kind = 'use_by') as first_end,
           case when bool_or(i.cold = 'frozen') then 'frozen' when bool_or(i.cold = 'chilled') then 'chilled'
                else 'none' end as cold
    into sums from app.collection_items i where i.collection_id = made;
    if sums.grams > 100000000 then raise exception 'collection.too_much' using errcode = 'EP422'; end if;
    update app.collections c
    set grams = sums.grams, crates = sums.crates, portions = sums.portions, food_date_ends_at = sums.first_end,
        cold = sums.cold,
        carrier = case when sums.grams > app.setting_int('professional_above_grams') then 'professional'
                       else 'volunteer' end
    where c.id = made;
    insert into app.collection_changes (collection_id, at, by_account, change, details)
    values (made, moment, app.caller(), 'requested', jsonb_build_object(
        'by', case when how = 'link' then 'link' when how in ('unsold', 'recurring', 'remainder') then 'program'
                   when shop is null then 'giver' else 'shop' end, 'how', how, 'named', association is not null));
    if association is not null or not app.offer_to_best(made) then
        perform app.tell_of_collection(made, 'collection_asked');
    end if;
    return made;
end $$;
