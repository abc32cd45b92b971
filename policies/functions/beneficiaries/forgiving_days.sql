-- Return the days on which an account's no-shows of free portions stop counting, the latest first.
-- A no-show counts until the beginning of the 30th day after the day (Paris) on which its window ended.
-- Called by daily_quota and own_quota. Definer, because it reads reservations; only the owner may execute it.
create or replace function app.forgiving_days(account uuid) returns setof date
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
        select app.paris_day(r.ended_at) + 30 from app.reservations r
        where r.account_id = account and r.status = 'no_show' and r.quota_day is not null
          and r.ended_at >= (app.paris_day(app.clock()) - 29)::timestamp at time zone 'Europe/Paris'
        order by r.ended_at desc;
end $$;
