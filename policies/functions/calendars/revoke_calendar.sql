-- Revoke the address of the caller's calendar; once more changes nothing.
-- Called by DELETE /v1/me/calendar. Definer, because nobody may write calendars. Locks: the calendar.
create or replace function app.revoke_calendar() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    delete from app.calendars c where c.account_id = app.caller();
end $$;
grant execute on function app.revoke_calendar() to authenticated;
