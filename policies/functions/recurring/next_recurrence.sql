-- The next time of publication after a moment: on one of these weekdays, at this time of day in Paris. A time that the
-- change of clocks leaves out is an hour later on that day, one that comes twice is the second.
create or replace function app.next_recurrence(weekdays int[], publish_at time, moment timestamptz) returns timestamptz
language sql stable parallel safe as $$
    select min(x.at) from (
        select (app.paris_day(moment) + n + publish_at) at time zone 'Europe/Paris' as at
        from generate_series(0, 8) n
        where extract(isodow from app.paris_day(moment) + n) = any (weekdays)) x
    where x.at > moment
$$;
