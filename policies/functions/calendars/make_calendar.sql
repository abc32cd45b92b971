-- Make a new address of the caller's calendar; an earlier one stops working.
-- Called by POST /v1/me/calendar, as a collector. Definer, because nobody may write calendars. Locks: the calendar.
create or replace function app.make_calendar(token_hash bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if app.caller_role() is distinct from 'collector' then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    insert into app.calendars as c (account_id, token_hash, made_at)
    values (app.caller(), make_calendar.token_hash, app.clock())
    on conflict (account_id) do update set token_hash = excluded.token_hash, made_at = excluded.made_at;
end $$;
grant execute on function app.make_calendar(bytea) to authenticated;
