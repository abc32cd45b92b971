-- Trigger: give an edited shop a new version, and let its lots and recurring listings follow where it went: the search
-- asks where a lot is, and days and times are those of the shop's zone.
-- Fires before an update of a shop's details (policies/tables/shops.sql), which PATCH /v1/shops/{shop_id} makes.
-- Refuses another zone in which food on offer would be collected after its use-by date.
-- Definer, because nobody may write a lot's place, the end of its food date, or which photos are used.
-- Locks: if the zone changes, the shop's recurring listings, which edit_shop has locked before the shop; a bare UPDATE, past
-- the API, does not wait for them. If it changes or the shop moves, its lots in the order of ids (see policies/LOCKS.md).
-- At the end, the photos of its page.
create or replace function app.guard_shop() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    zone  text := app.zone_of(new.insee_code);
    moves boolean := (new.latitude, new.longitude) is distinct from (old.latitude, old.longitude);
begin
    new.version := old.version + 1;
    if zone <> old.time_zone then
        perform from app.recurring_listings r where r.shop_id = new.id order by r.id for update nowait;
    end if;
    if moves or zone <> old.time_zone then
        perform from app.lots l join app.lot_stock k on k.lot_id = l.id
        where l.shop_id = new.id and l.status in ('draft', 'published', 'paused') order by l.id for update of k, l;
    end if;
    if moves then
        update app.lots l set place = app.mercator(new.latitude, new.longitude)
        where l.shop_id = new.id and l.status in ('draft', 'published', 'paused');
    end if;
    if zone <> old.time_zone then
        if exists (select from app.lots l
                   where l.shop_id = new.id and l.status in ('draft', 'published', 'paused')
                     and app.food_refusal(
                         l.date_kind, app.end_of_day(l.food_date, zone), 'publication', l.pickup_end) is not null) then
            raise exception 'shop.lots_outlast_use_by' using errcode = 'EP409';
        end if;
        update app.lots l set food_date_ends_at = app.end_of_day(l.food_date, zone)
        where l.shop_id = new.id and l.status in ('draft', 'published', 'paused') and l.food_date is not null;
        update app.recurring_listings r
        set due_at = app.next_recurrence(r.weekdays, r.publish_at, app.clock(), zone) where r.shop_id = new.id;
    end if;
    if new.photo_id is distinct from old.photo_id then
        perform app.take_page_photo(new.photo_id, old.photo_id, new.id);
    end if;
    return new;
end $$;
