-- Return the calendar day of a moment in Paris, where our shops are.
create or replace function app.paris_day(moment timestamptz) returns date language sql stable parallel safe as $$
    select (moment at time zone 'Europe/Paris')::date
$$;
grant execute on function app.paris_day(timestamptz) to anon, authenticated, ecopanier_api, ecopanier_worker;
