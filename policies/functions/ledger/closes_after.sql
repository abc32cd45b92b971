-- Return when a lot may be closed whose window ended at a moment: once pickups of a station without a network (12 hours) and
-- then the time for reporting problems are over. One hour more lets whatever began before end.
-- Called by queue_closing and close_lots. Definer, because it reads a setting whoever ends the lot.
create or replace function app.closes_after(moment timestamptz) returns timestamptz
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return moment + interval '13 hours' + make_interval(hours => app.setting_int('report_hours'));
end $$;
