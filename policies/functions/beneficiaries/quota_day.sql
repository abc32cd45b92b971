-- Return the day on which a beneficiary's free portions count now, and the time zone whose day it is.
-- Called by reserve, take_offer, allowance and own_quota.
-- It is today where the association is that enrolled the person; in Paris if there is none. A day on which portions
-- were taken goes on until it is over where it was begun: whoever comes to an association in another zone has one day at
-- a time, and gains no portions by it. Such a day is looked for only with people who were transferred, or whose
-- association gave its commune, in the last two days.
-- Plain SQL that runs as its caller, without settings of its own, so that Postgres puts the query in place of the call;
-- only the owner may execute it.
create or replace function app.quota_day(account uuid) returns table (day date, time_zone text)
language sql stable rows 1 as $$
    select coalesce(begun.day, app.local_day(app.clock(), o.time_zone)),
           coalesce(begun.time_zone, o.time_zone, 'Europe/Paris')
    from app.beneficiaries b
    left join app.associations o on o.id = b.association_id
    left join lateral (
        select f.day, f.time_zone from app.free_portions f
        -- Nowhere is it more than a day earlier or later.
        where greatest(b.transferred_at, o.time_zone_since) > app.clock() - interval '2 days' and f.account_id = b.id
          and f.day in (app.local_day(app.clock(), o.time_zone) - 1, app.local_day(app.clock(), o.time_zone) + 1)
          and f.taken > 0 and f.day = app.local_day(app.clock(), f.time_zone)
        limit 1) begun on true
    where b.id = account
$$;
