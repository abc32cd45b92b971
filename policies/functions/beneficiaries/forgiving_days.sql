-- When each no-show of a free portion that still counts is forgiven, the latest first: 30 days after the day on which
-- the window ended, at the beginning of that day.
create or replace function app.forgiving_days(account uuid) returns setof date
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
        select app.paris_day(r.ended_at) + 30 from app.reservations r
        where r.account_id = account and r.status = 'no_show' and r.quota_day is not null
          and r.ended_at >= (app.paris_day(app.clock()) - 29)::timestamp at time zone 'Europe/Paris'
        order by r.ended_at desc;
end $$;
