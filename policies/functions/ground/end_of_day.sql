-- Return the moment at which a calendar day ends in a time zone; null if there is no day.
-- Called by what keeps such moments in rows, date_lot, guard_lot and guard_shop; and by own_quota and forgiving_days.
create or replace function app.end_of_day(day date, zone text) returns timestamptz
language sql immutable parallel safe as $$
    select (day + 1)::timestamp at time zone zone
$$;
