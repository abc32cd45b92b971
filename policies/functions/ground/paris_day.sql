-- Return the platform's calendar day of a moment: that of retention, impact and accounting.
-- Days of shops, associations and their people are those of their zone: see local_day.
create or replace function app.paris_day(moment timestamptz) returns date language sql stable parallel safe as $$
    select (moment at time zone 'Europe/Paris')::date
$$;
