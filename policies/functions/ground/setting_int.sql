-- Return a setting of the platform.
-- Called by acts. Definer, because acts need it whoever calls them; only the owner may execute it.
create or replace function app.setting_int(wanted text) returns int
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    found_value int;
begin
    select s.value into strict found_value from app.settings s where s.name = wanted;
    return found_value;
end $$;
