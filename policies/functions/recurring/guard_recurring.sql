-- Trigger: check a new recurring listing and a person's edit of one, whichever client sends it, and set when it is
-- due.
-- Fires before each insert and before updates by the role `authenticated` (policies/tables/recurring_listings.sql),
-- which the routes below /v1/recurring-listings make.
-- A listing that begins or resumes does so with the next time of publication, never with one that has passed: by then
-- the merchant may have sold the food otherwise.
-- Definer, because it reads the shop and marks the photo as used.
-- Locks: the shop (share), then the photo (take_photo).
create or replace function app.guard_recurring() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    shop app.shops;
begin
    -- The lock keeps the shop from coming to another time zone meanwhile.
    select * into shop from app.shops s where s.id = new.shop_id for share;
    if tg_op = 'INSERT' then
        -- Checked here, before row-level security: somebody else's shop must look as if it did not exist.
        if shop.id is null or app.caller() is not null
           and shop.id <> all (array(select app.shops_of(app.caller(), 'staff'))) then
            raise exception 'shop.not_found' using errcode = 'EP404';
        end if;
        new.version := 1;
        new.due_at := app.next_recurrence(new.weekdays, new.publish_at, app.clock(), shop.time_zone);
    else
        new.version := old.version + 1;
        if (new.weekdays, new.publish_at) is distinct from (old.weekdays, old.publish_at)
           or new.active and not old.active then
            new.due_at := app.next_recurrence(new.weekdays, new.publish_at, app.clock(), shop.time_zone);
        end if;
    end if;
    -- It must not become free before its pickup window opens.
    if new.becomes_free_minutes >= extract(epoch from new.pickup_until - new.pickup_from) / 60
                                   + 1440 * (new.pickup_until <= new.pickup_from)::int then
        raise exception 'lot.becomes_free_invalid' using errcode = 'EP422';
    end if;
    if (tg_op = 'INSERT' or (new.title, new.description, new.category)
                            is distinct from (old.title, old.description, old.category))
       and app.offers_alcohol(new.category, new.title, new.description) then
        raise exception 'lot.alcohol' using errcode = 'EP422';
    end if;
    if new.origin is null and app.demands_origin(new.category, new.title)
       and (tg_op = 'INSERT' or (new.title, new.category, new.origin) is distinct from (old.title, old.category, old.origin)) then
        raise exception 'lot.origin_missing' using errcode = 'EP422';
    end if;
    new.last_problem := null;
    new.last_problem_day := null;
    if tg_op = 'UPDATE' and old.photo_id is not null and new.photo_id is distinct from old.photo_id then
        update app.photos p set used = false where p.id = old.photo_id;  -- the worker removes it unless a lot shows it
    end if;
    if new.photo_id is not null and (tg_op = 'INSERT' or new.photo_id is distinct from old.photo_id) then
        perform app.take_photo(new.photo_id, shop.id);
    end if;
    if app.caller() is not null then
        perform app.note(case tg_op when 'INSERT' then 'recurring.begun' else 'recurring.changed' end, 'recurring', new.id);
    end if;
    return new;
end $$;
