-- Return the last day that a right may have when it is given or extended at this moment.
-- Called by enrol_beneficiaries and renew_beneficiary. A situation is verified again at least every five years, and a year
-- that was typed wrong (2207, 9999) is noticed.
create or replace function app.last_day_of_rights(moment timestamptz) returns date
language sql stable parallel safe as $$
    select (app.paris_day(moment) + interval '5 years')::date
$$;
