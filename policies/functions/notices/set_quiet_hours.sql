-- Choose the hours in which no mail about offers is sent to the caller. Without `begins` and `ends` there are none;
-- without a zone it is the one where the person lives.
-- Called by PUT /v1/me/notice-preferences, as anybody who is signed in.
-- Definer, because nobody may write quiet hours: the caller's own only.
-- Locks: the caller's row.
create or replace function app.set_quiet_hours(begins time, ends time, time_zone text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if app.caller() is null then raise exception 'access.unauthenticated' using errcode = 'EP401'; end if;
    -- A zone that Postgres does not know would make each mail to this person fail.
    if time_zone is not null and not exists (select from pg_timezone_names z where z.name = time_zone) then
        raise exception 'notice.unknown_zone' using errcode = 'EP422';
    end if;
    insert into app.quiet_hours (account_id, begins, ends, time_zone, changed_at)
    values (app.caller(), set_quiet_hours.begins, set_quiet_hours.ends, set_quiet_hours.time_zone, app.clock())
    on conflict on constraint quiet_hours_pkey do update
    set begins = excluded.begins, ends = excluded.ends, time_zone = excluded.time_zone, changed_at = excluded.changed_at;
end $$;
grant execute on function app.set_quiet_hours(time, time, text) to authenticated;
