-- Make or change a recurring request of a shop of the caller's, and return its id. Requests that somebody has accepted stay as
-- they are; one for today appears at once.
-- Called by POST and PUT /v1/recurring-collections. `series` null: a new one. `versions` are those that the caller has read.
-- Raises EP404 for a shop or an association that the caller may not name, EP409 beyond 20 of a shop.
-- Definer, because nobody may write recurring requests. Locks: the shop (share) or the recurring request, then those of
-- renew_occurrences.
create or replace function app.set_recurring_collection(
    series uuid, shop uuid, association uuid, days int[], wanted_opens time, wanted_closes time, wanted_items jsonb,
    note text, since date, until date, wanted_active boolean, versions int[]) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    own app.recurring_collections;
    made uuid := series;
begin
    if series is null then
        if shop <> all (array(select app.shops_of(app.caller(), 'staff'))) then
            raise exception 'shop.not_found' using errcode = 'EP404';
        end if;
        perform from app.shops s where s.id = shop for share;
        if (select count(*) from app.recurring_collections r where r.shop_id = shop) >= 20 then
            raise exception 'recurring_collection.too_many' using errcode = 'EP409';
        end if;
    else
        own := app.own_series(series, versions);
    end if;
    if association is not null and not exists (
           select from app.associations a
           where a.id = association and a.status = 'verified' and (a.is_public or exists (
               select from app.agreements g
               where g.association_id = a.id and g.shop_id = coalesce(own.shop_id, shop) and g.status = 'confirmed'))) then
        raise exception 'association.not_found' using errcode = 'EP404';
    end if;
    if series is null then
        insert into app.recurring_collections (shop_id, association_id, weekdays, opens, closes, items, notes, first_day,
                                               last_day, active, created_at)
        values (shop, association, days, wanted_opens, wanted_closes, wanted_items, note,
                coalesce(since, (select app.local_day(app.clock(), s.time_zone) from app.shops s where s.id = shop)),
                until, wanted_active, app.clock())
        returning id into made;
    else
        update app.recurring_collections r
        set association_id = association, weekdays = days, opens = wanted_opens, closes = wanted_closes,
            items = wanted_items, notes = note, first_day = coalesce(since, r.first_day), last_day = until,
            active = wanted_active, version = r.version + 1
        where r.id = series;
    end if;
    perform app.renew_occurrences(made);
    return made;
end $$;
grant execute on function app.set_recurring_collection(
    uuid, uuid, uuid, int[], time, time, jsonb, text, date, date, boolean, int[]) to authenticated;
