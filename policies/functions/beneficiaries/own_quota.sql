-- What today's quota of the caller is and why. Definer, because nobody reads whose reservations are whose: one's own
-- figures only, and none for who is no beneficiary.
create or replace function app.own_quota(
    out quota int, out portions_left int, out no_shows int, out lowered boolean, out forgiven_on date)
returns setof record
language plpgsql stable security definer set search_path = pg_catalog, pg_temp rows 1 as $$
declare
    me       uuid := app.caller();
    absences int := app.setting_int('no_shows_that_lower_quota');
    days     date[];
begin
    if app.caller_role() is distinct from 'beneficiary' then return; end if;
    days := array(select d from app.forgiving_days(me) d);
    quota := app.daily_quota(me);
    portions_left := case when app.is_current_beneficiary(me) then greatest(0, quota - coalesce(
        (select f.taken from app.free_portions f
         where f.account_id = me and f.day = app.paris_day(app.clock())), 0)) else 0 end;
    no_shows := cardinality(days);
    lowered := absences > 0 and no_shows >= absences;
    -- The quota rises again once fewer than that many are left.
    forgiven_on := case when lowered then days[absences] end;
    return next;
end $$;
grant execute on function app.own_quota() to authenticated;
