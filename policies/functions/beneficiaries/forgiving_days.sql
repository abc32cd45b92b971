-- Return the days on which an account's no-shows of free portions stop counting, the latest first.
-- A no-show counts until the beginning of the 30th day after the day on which its window ended, where the shop is.
-- Called by daily_quota and own_quota. Definer, because it reads reservations; only the owner may execute it.
create or replace function app.forgiving_days(account uuid) returns setof date
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
        select x.day from (
            select app.local_day(r.ended_at, s.time_zone) + 30 as day, s.time_zone
            from app.reservations r join app.lots l on l.id = r.lot_id join app.shops s on s.id = l.shop_id
            where r.account_id = account and r.status = 'no_show' and r.quota_day is not null
              -- An index finds these; a day has at most 25 hours.
              and r.ended_at > app.clock() - interval '31 days') x
        where app.clock() < app.end_of_day(x.day - 1, x.time_zone)
        order by app.end_of_day(x.day - 1, x.time_zone) desc;
end $$;
