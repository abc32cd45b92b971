-- Return the calendar day of a moment in a time zone: a shop's or an association's. Without a zone it is Paris.
-- docs/decisions/days-and-time-zones.md says whose zone counts for what.
-- Plain SQL, so that Postgres puts the expression in place of the call.
create or replace function app.local_day(moment timestamptz, zone text) returns date
language sql stable parallel safe as $$
    select (moment at time zone coalesce(zone, 'Europe/Paris'))::date
$$;
grant execute on function app.local_day(timestamptz, text) to authenticated;
