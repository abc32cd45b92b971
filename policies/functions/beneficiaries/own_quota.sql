-- Return the caller's quota for today with its reasons: portions left, when the next day begins, no-shows, and when a
-- lowered quota rises again.
-- Called by GET and PATCH /v1/me, as a beneficiary. Anybody else gets no row.
-- Definer, because daily_quota and forgiving_days read what people may not: it returns the caller's own figures only.
create or replace function app.own_quota(
    out quota int, out portions_left int, out renews_at timestamptz, out no_shows int, out lowered boolean,
    out forgiven_on date)
returns setof record
language plpgsql stable security definer set search_path = pg_catalog, pg_temp rows 1 as $$
declare
    me       uuid := app.caller();
    absences int := app.setting_int('no_shows_that_lower_quota');
    days     date[];
    today    date;
    zone     text;
begin
    if app.caller_role() is distinct from 'beneficiary' then return; end if;
    days := array(select d from app.forgiving_days(me) d);
    quota := app.daily_quota(me);
    select d.day, d.time_zone into today, zone from app.quota_day(me) d;
    renews_at := app.end_of_day(today, zone);
    portions_left := case when app.is_current_beneficiary(me) then greatest(0, quota - coalesce(
        (select f.taken from app.free_portions f where f.account_id = me and f.day = today), 0)) else 0 end;
    no_shows := cardinality(days);
    lowered := absences > 0 and no_shows >= absences;
    -- The quota rises again on the day when fewer no-shows than `absences` still count.
    forgiven_on := case when lowered then days[absences] end;
    return next;
end $$;
grant execute on function app.own_quota() to authenticated;
