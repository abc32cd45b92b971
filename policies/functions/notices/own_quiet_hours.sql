-- Return the caller's quiet hours, whether they chose them or not; `begins` and `ends` are null if they want none.
-- Called by GET and PUT /v1/me/notice-preferences.
-- Definer, because the zone may come from the association: it tells the caller their own only.
create or replace function app.own_quiet_hours(out begins time, out ends time, out time_zone text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    select q.begins, q.ends into begins, ends from app.quiet_hours q where q.account_id = app.caller();
    if not found then
        begins := '21:00';
        ends := '08:00';
    end if;
    time_zone := app.zone_of_person(app.caller());
end $$;
grant execute on function app.own_quiet_hours() to authenticated;
