-- Trigger: check a merchant's change of one day of a recurring listing.
-- Fires before an insert or update of app.recurring_days, which PUT /v1/recurring-listings/{listing_id}/days/{day}
-- makes.
-- Definer, because it locks the listing.
-- Locks: the listing (share), so that the day cannot be published without the change at this moment: publish_recurring
-- skips a listing that is locked and comes back to it.
create or replace function app.guard_recurring_day() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    listing    app.recurring_listings;
    zone       text;
    price      int;
    from_time  time;
    until_time time;
begin
    -- Checked here, before row-level security: somebody else's listing must look as if it did not exist.
    select r.* into listing from app.recurring_listings r where r.id = new.listing_id for share;
    if not found or app.caller() is not null
       and listing.shop_id <> all (array(select app.shops_of(app.caller(), 'staff'))) then
        raise exception 'recurring.not_found' using errcode = 'EP404';
    end if;

    zone := (select s.time_zone from app.shops s where s.id = listing.shop_id);
    if extract(isodow from new.day) <> all (listing.weekdays)
       or (new.day + listing.publish_at) at time zone zone <= app.clock()
       or new.day > app.local_day(app.clock(), zone) + 366
       or exists (select from app.lots l where l.recurring_id = new.listing_id and l.recurring_day = new.day) then
        raise exception 'recurring.day_closed' using errcode = 'EP409';
    end if;

    price := coalesce(new.price_cents, listing.price_cents);
    if listing.kind = 'free' and price <> 0
       or listing.kind = 'discounted'
          and price * 10 not between listing.original_price_cents * 3 and listing.original_price_cents * 7 then
        raise exception 'lot.price_outside_law' using errcode = 'EP422';
    end if;
    from_time := coalesce(new.pickup_from, listing.pickup_from);
    until_time := coalesce(new.pickup_until, listing.pickup_until);
    if until_time > from_time and until_time <= listing.publish_at then
        raise exception 'recurring.window_before_publication' using errcode = 'EP422';
    end if;
    if listing.date_kind = 'use_by' and listing.food_date_in_days < (until_time <= from_time and until_time > '00:00')::int then
        raise exception 'lot.use_by_before_pickup' using errcode = 'EP422';
    end if;
    return new;
end $$;
