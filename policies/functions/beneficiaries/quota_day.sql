-- Return the day on which an account's free portions count now, and the time zone whose day it is.
-- Called by take_free_portions, take_offer, allowance and own_quota.
-- It is today where the association is that enrolled the person; in Paris if there is none. A day on which portions
-- were taken goes on until it is over where it was begun: whoever comes to an association in another zone has one day at
-- a time, and gains no portions by it.
-- Definer, because it reads whoever asks; only the owner may execute it.
create or replace function app.quota_day(account uuid, out day date, out time_zone text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment timestamptz := app.clock();
begin
    -- Nowhere on earth is it earlier than the day before that of UTC: so one step in the index is enough.
    select f.day, f.time_zone into day, time_zone from app.free_portions f
    where f.account_id = account and f.day >= (moment at time zone 'UTC')::date - 1
      and f.taken > 0 and f.day = app.local_day(moment, f.time_zone)
    order by f.day desc limit 1;
    if found then return; end if;
    select o.time_zone into time_zone
    from app.beneficiaries b join app.associations o on o.id = b.association_id where b.id = account;
    time_zone := coalesce(time_zone, 'Europe/Paris');
    day := app.local_day(moment, time_zone);
end $$;
