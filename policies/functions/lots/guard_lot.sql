-- What a merchant's insert or edit of a lot must keep, whichever client sends it. Definer, because it reads the shop
-- and the reservations whoever writes. Fires on edits only, never when a portion is taken.
create or replace function app.guard_lot() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    shop       app.shops;
    publishing boolean := new.status = 'published' and (tg_op = 'INSERT' or old.status <> 'published');
begin
    if publishing then
        -- Suspending or rejecting a shop waits for us, or we for it: no lot is published past it.
        select * into shop from app.shops s where s.id = new.shop_id for share;
    else
        select * into shop from app.shops s where s.id = new.shop_id;
    end if;

    if tg_op = 'INSERT' then
        -- Before row-level security has its say: somebody else's shop must look like none.
        if shop.id is null or shop.owner_id <> app.caller() then
            raise exception 'shop.not_found' using errcode = 'EP404';
        end if;
        new.remaining := new.quantity;
        new.version := 1;
        new.published_at := null;
    else
        new.version := old.version + 1;
        new.remaining := old.remaining + new.quantity - old.quantity;
        if old.status in ('withdrawn', 'recalled', 'ended') then
            raise exception 'lot.closed' using errcode = 'EP409';
        end if;
        if new.status <> old.status and new.status not in ('draft', 'published') then
            raise exception 'lot.status_not_yours' using errcode = 'EP422';
        end if;
        if old.published_at is not null and new.status = 'draft' then
            raise exception 'lot.already_published' using errcode = 'EP409';
        end if;
        -- Beneficiaries count on what became free; its merchant may withdraw it.
        if old.converted_at is not null and (new.kind, new.price_cents, new.becomes_free_at)
           is distinct from (old.kind, old.price_cents, old.becomes_free_at) then
            raise exception 'lot.converted' using errcode = 'EP409';
        end if;
        -- What somebody reserved or waits for stays as they saw it.
        if (new.kind, new.original_price_cents, new.price_cents, new.pickup_start, new.pickup_end, new.date_kind,
            new.food_date, new.allergens, new.category, new.cold_chain, new.weight_grams, new.gtin, new.batch, new.fair_draw)
           is distinct from
           (old.kind, old.original_price_cents, old.price_cents, old.pickup_start, old.pickup_end, old.date_kind,
            old.food_date, old.allergens, old.category, old.cold_chain, old.weight_grams, old.gtin, old.batch, old.fair_draw)
           and (exists (select from app.reservations r
                        where r.lot_id = old.id and r.status in ('held', 'confirmed', 'picked_up', 'no_show'))
                or exists (select from app.waiting w where w.lot_id = old.id and w.status in ('waiting', 'offered'))) then
            raise exception 'lot.has_reservations' using errcode = 'EP409';
        end if;
    end if;
    new.place := shop.place;
    if tg_op = 'UPDATE' and old.photo_id is not null and new.photo_id is distinct from old.photo_id then
        update app.photos p set used = false where p.id = old.photo_id;  -- unless another lot shows it: the worker looks
    end if;
    if new.photo_id is not null and (tg_op = 'INSERT' or new.photo_id is distinct from old.photo_id) then
        perform app.take_photo(new.photo_id, shop.owner_id);
    end if;

    if publishing then
        if shop.status <> 'verified' then raise exception 'shop.not_verified' using errcode = 'EP409'; end if;
        new.published_at := coalesce(new.published_at, app.clock());
    end if;
    -- «Now» is fine, but a time long past is a mistake that could not be taken back: nothing given is sold again. Asked
    -- of people alone: the worker is late at times.
    if new.becomes_free_at < app.clock() - interval '5 minutes' and app.caller() is not null and new.converted_at is null
       and (tg_op = 'INSERT' or new.becomes_free_at is distinct from old.becomes_free_at) then
        raise exception 'lot.becomes_free_invalid' using errcode = 'EP422';
    end if;
    -- That a use-by date is not past follows from these two.
    if new.status = 'published' and new.pickup_end <= app.clock() then
        raise exception 'lot.window_over' using errcode = 'EP422';
    end if;
    if app.food_refusal(new.date_kind, new.food_date, 'publication', new.pickup_end) is not null then
        raise exception '%', app.food_refusal(new.date_kind, new.food_date, 'publication', new.pickup_end)
            using errcode = 'EP422';
    end if;
    -- Of a paused lot too: restoring its shop publishes it.
    if new.gtin is not null and new.status <> 'draft' then perform app.refuse_recalled(new.gtin, new.batch); end if;
    return new;
end $$;
