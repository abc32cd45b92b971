-- Return the next time of publication after a moment: on one of these weekdays (Monday is 1), at this time of day in a
-- shop's zone.
-- Called by guard_recurring, publish_recurring and guard_shop.
-- A time that does not exist when clocks go forward is an hour later on that day; of a time that comes twice when they
-- go back, the second counts.
create or replace function app.next_recurrence(weekdays int[], publish_at time, moment timestamptz, zone text)
returns timestamptz
language sql stable parallel safe as $$
    select min(x.at) from (
        select (app.local_day(moment, zone) + n + publish_at) at time zone zone as at
        from generate_series(0, 8) n
        where extract(isodow from app.local_day(moment, zone) + n) = any (weekdays)) x
    where x.at > moment
$$;
