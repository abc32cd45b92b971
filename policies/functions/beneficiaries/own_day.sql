-- Return today where the caller's association is; in Paris for everybody else.
-- Called by the routes that enrol and correct people, as an association or an admin: nobody is born later than today.
-- Definer like the acts that it is called beside; it tells the caller their own day only.
create or replace function app.own_day() returns date
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return app.local_day(app.clock(), (select a.time_zone from app.associations a where a.id = app.acting_association('staff')));
end $$;
grant execute on function app.own_day() to authenticated;
