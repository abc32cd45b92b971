-- Publish the lots that recurring listings are due to publish now, in their shops' time; return how many.
-- Called by the worker every 5 seconds. After an outage it also publishes what is late, as long as the pickup window
-- is open.
-- Each listing and day gives exactly one lot: the listing is locked, and a unique index of lots refuses a second one.
-- Paused listings are not due; those of shops that are not verified, or that reports of a closed door pause, wait. A day
-- that the food or price rules forbid by now is skipped, does not stop other listings, and its merchant reads why.
-- Definer, because it publishes for merchants; only the worker may execute it.
-- Locks: the listings, skipping those that are locked; then what guard_lot locks for each lot. While a listing is
-- locked, its shop cannot come to another time zone (guard_shop).
create or replace function app.publish_recurring(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment    timestamptz := app.clock();
    listing   app.recurring_listings;
    zone      text;
    change    app.recurring_days;
    offered   date;
    opens     timestamptz;
    closes    timestamptz;
    state     text;
    broken    text;
    said      text;
    published int := 0;
begin
    <<each_listing>>
    for listing in
        select r.* from app.recurring_listings r
        where r.active and r.due_at <= moment
          and exists (select from app.shops s where s.id = r.shop_id and s.status = 'verified' and s.paused_at is null)
        order by r.due_at, r.id limit most for update of r skip locked
    loop
        zone := (select s.time_zone from app.shops s where s.id = listing.shop_id);
        -- A pickup window ends on the next day at the latest, so yesterday's may still be open.
        for offered in
            select x.day from (values (app.local_day(moment, zone) - 1), (app.local_day(moment, zone))) as x (day)
            where extract(isodow from x.day) = any (listing.weekdays)
              and (x.day + listing.publish_at) at time zone zone between listing.due_at and moment
            order by x.day
        loop
            -- Read after the listing was locked, so that no change of the day is missed.
            select * into change from app.recurring_days d where d.listing_id = listing.id and d.day = offered;
            continue when change.skipped;
            opens := (offered + coalesce(change.pickup_from, listing.pickup_from)) at time zone zone;
            closes := (offered
                + (coalesce(change.pickup_until, listing.pickup_until)
                   <= coalesce(change.pickup_from, listing.pickup_from))::int
                + coalesce(change.pickup_until, listing.pickup_until)) at time zone zone;
            listing.last_problem := null;
            begin
                insert into app.lots
                    (shop_id, title, description, category, kind, original_price_cents, price_cents, quantity,
                     pickup_start, pickup_end, date_kind, food_date, allergens, cold_chain, weight_grams, photo_id, gtin,
                     becomes_free_at, origin, reduction_ground, status, recurring_id, recurring_day)
                values
                    (listing.shop_id, listing.title, listing.description, listing.category, listing.kind,
                     listing.original_price_cents, coalesce(change.price_cents, listing.price_cents),
                     coalesce(change.quantity, listing.quantity), opens, closes, listing.date_kind,
                     offered + listing.food_date_in_days, listing.allergens, listing.cold_chain, listing.weight_grams,
                     listing.photo_id, listing.gtin,
                     closes - make_interval(mins => listing.becomes_free_minutes), listing.origin,
                     listing.reduction_ground, 'published', listing.id, offered)
                on conflict (recurring_id, recurring_day) where recurring_id is not null do nothing;
                published := published + found::int;
            exception when others then
                get stacked diagnostics state = returned_sqlstate, broken = constraint_name, said = message_text;
                if state = 'EP503' then continue each_listing; end if;  -- its food is being recalled right now
                if state !~ '^(EP4|23|22)' then raise; end if;
                listing.last_problem := case when state like 'EP%' then said else coalesce(nullif(broken, ''), said) end;
            end;
            listing.last_problem_day := case when listing.last_problem is not null then offered end;
        end loop;
        update app.recurring_listings r
        set due_at = app.next_recurrence(r.weekdays, r.publish_at, moment, zone),
            last_problem = listing.last_problem, last_problem_day = listing.last_problem_day
        where r.id = listing.id;
    end loop;
    return published;
end $$;
grant execute on function app.publish_recurring(int) to ecopanier_worker;
