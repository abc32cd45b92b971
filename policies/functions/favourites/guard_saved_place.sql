-- Trigger: refuse a saved place outside France, before it is stored, and give a changed one a new version. Also note its
-- time zone.
-- Fires before an insert, and before an update of name or coordinates (policies/tables/saved_places.sql).
create or replace function app.guard_saved_place() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if not app.in_france(new.latitude, new.longitude) then
        if app.in_france(new.longitude, new.latitude) then
            raise exception 'place.coordinates_swapped' using errcode = 'EP422';
        end if;
        raise exception 'place.outside_france' using errcode = 'EP422';
    end if;
    new.time_zone := app.zone_at(new.latitude, new.longitude);
    if tg_op = 'UPDATE' then new.version := old.version + 1; end if;
    return new;
end $$;
