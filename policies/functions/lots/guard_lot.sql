-- Trigger: check a new lot and a person's edit of a lot, whichever client sends it, and set its version, place and
-- the end of its food date.
-- Fires before each insert and before updates by the role `authenticated` (policies/tables/lots.sql), which POST
-- /v1/lots and PATCH /v1/lots/{lot_id} make; never when a portion is taken.
-- Definer, because it reads the shop and the reservations whoever writes the lot.
-- Locks: if the lot is being published, its shop (share); the stock of a lot that is edited; then its photo (take_photo)
-- and the recall of its trade number (refuse_recalled).
create or replace function app.guard_lot() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    shop       app.shops;
    publishing boolean := new.status = 'published' and (tg_op = 'INSERT' or old.status <> 'published');
begin
    if publishing then
        -- The lock makes us wait for a suspension or rejection of the shop, or it for us: no lot slips past it.
        select * into shop from app.shops s where s.id = new.shop_id for share;
    else
        select * into shop from app.shops s where s.id = new.shop_id;
    end if;

    if tg_op = 'INSERT' then
        -- Checked here, before row-level security: somebody else's shop must look as if it did not exist.
        if shop.id is null or app.caller() is not null
           and shop.id <> all (array(select app.shops_of(app.caller(), 'staff'))) then
            raise exception 'shop.not_found' using errcode = 'EP404';
        end if;
        new.version := 1;
        new.published_at := null;
    else
        -- From here on nobody reserves the lot or joins its waiting list. The API has locked its stock already (hold_lot).
        perform from app.lot_stock s where s.lot_id = old.id for update;
        new.version := old.version + 1;
        if old.status in ('withdrawn', 'recalled', 'ended') then
            raise exception 'lot.closed' using errcode = 'EP409';
        end if;
        if new.status <> old.status and new.status not in ('draft', 'published') then
            raise exception 'lot.status_not_yours' using errcode = 'EP422';
        end if;
        if old.published_at is not null and new.status = 'draft' then
            raise exception 'lot.already_published' using errcode = 'EP409';
        end if;
        -- Beneficiaries count on what became free. Its merchant may only withdraw it.
        if old.converted_at is not null and (new.kind, new.price_cents, new.becomes_free_at)
           is distinct from (old.kind, old.price_cents, old.becomes_free_at) then
            raise exception 'lot.converted' using errcode = 'EP409';
        end if;
        -- Somebody who reserved the lot, waits for it or collects it must get what they saw.
        if (new.kind, new.original_price_cents, new.price_cents, new.pickup_start, new.pickup_end, new.date_kind,
            new.food_date, new.allergens, new.category, new.cold_chain, new.weight_grams, new.gtin, new.batch, new.fair_draw,
            new.origin, new.reduction_ground)
           is distinct from
           (old.kind, old.original_price_cents, old.price_cents, old.pickup_start, old.pickup_end, old.date_kind,
            old.food_date, old.allergens, old.category, old.cold_chain, old.weight_grams, old.gtin, old.batch, old.fair_draw,
            old.origin, old.reduction_ground)
           and (exists (select from app.reservations r
                        where r.lot_id = old.id and r.status in ('held', 'confirmed', 'picked_up', 'no_show'))
                or exists (select from app.waiting w where w.lot_id = old.id and w.status in ('waiting', 'offered'))
                or exists (select from app.collection_items i where i.lot_id = old.id and i.holds_stock)) then
            raise exception 'lot.has_reservations' using errcode = 'EP409';
        end if;
    end if;
    new.place := shop.place;
    new.food_date_ends_at := app.end_of_day(new.food_date, shop.time_zone);
    if tg_op = 'UPDATE' and old.photo_id is not null and new.photo_id is distinct from old.photo_id then
        update app.photos p set used = false where p.id = old.photo_id;  -- the worker removes it unless another lot shows it
    end if;
    if new.photo_id is not null and (tg_op = 'INSERT' or new.photo_id is distinct from old.photo_id) then
        perform app.take_photo(new.photo_id, shop.id);
    end if;

    if publishing then
        if shop.status <> 'verified' then raise exception 'shop.not_verified' using errcode = 'EP409'; end if;
        if shop.paused_at is not null then raise exception 'shop.paused' using errcode = 'EP409'; end if;
        if new.kind = 'discounted' and app.payout_overdue(shop.id) then
            raise exception 'shop.payout_account_needed' using errcode = 'EP409';
        end if;
        new.published_at := coalesce(new.published_at, app.clock());
    end if;
    -- "Now" is fine, but a time long past is probably a mistake, and it could not be undone: food that became free is
    -- never sold again. Checked for people only, because the worker may publish late.
    if new.becomes_free_at < app.clock() - interval '5 minutes' and app.caller() is not null and new.converted_at is null
       and (tg_op = 'INSERT' or new.becomes_free_at is distinct from old.becomes_free_at) then
        raise exception 'lot.becomes_free_invalid' using errcode = 'EP422';
    end if;
    -- Together these two make sure that the use-by date is not past. A paused lot is not moved into the past either: it would
    -- end there at once, and count in a day that is over.
    if (new.status = 'published' or new.status = 'paused' and new.pickup_end <> old.pickup_end)
       and new.pickup_end <= app.clock() then
        raise exception 'lot.window_over' using errcode = 'EP422';
    end if;
    if app.food_refusal(new.date_kind, new.food_date_ends_at, 'publication', new.pickup_end) is not null then
        raise exception '%', app.food_refusal(new.date_kind, new.food_date_ends_at, 'publication', new.pickup_end)
            using errcode = 'EP422';
    end if;
    -- A lot that was published before this rule stays as it is until somebody changes what the rule reads.
    if new.status = 'published' and new.suspended_from is null and new.origin is null
       and (publishing or (new.title, new.category, new.origin) is distinct from (old.title, old.category, old.origin))
       and app.demands_origin(new.category, new.title) then
        raise exception 'lot.origin_missing' using errcode = 'EP422';
    end if;
    if publishing and new.suspended_from is null and new.reduction_ground is null then
        -- A date that is past or near is the ground; of the other grounds only surplus is always true.
        new.reduction_ground := case when new.food_date <= (new.pickup_end at time zone shop.time_zone)::date + 3
                                     then 'short_date' else 'surplus' end;
    end if;
    -- Lots published before this rule stay as they are until somebody changes their words; so do the gifts beside them.
    if new.status = 'published' and new.suspended_from is null
       and (publishing or (new.title, new.description, new.category) is distinct from (old.title, old.description, old.category))
       and app.offers_alcohol(new.category, new.title, new.description) then
        raise exception 'lot.alcohol' using errcode = 'EP422';
    end if;
    -- Checked for a paused lot too, because restoring its shop publishes it.
    if new.gtin is not null and new.status <> 'draft' then
        perform app.refuse_recalled(new.gtin, new.batch, new.food_date, new.suspended_from is not null
            or not publishing and (new.gtin, new.batch, new.food_date)
               is not distinct from (old.gtin, old.batch, old.food_date));
    end if;
    -- Several people publish for one shop: the log says which of them did.
    if app.caller() is not null and (publishing or tg_op = 'UPDATE' and old.status <> 'draft') then
        perform app.note(case when publishing then 'lot.published' else 'lot.changed' end, 'lot', new.id);
    end if;
    return new;
end $$;
