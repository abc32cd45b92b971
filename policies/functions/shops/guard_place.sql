-- Trigger: refuse a shop whose coordinates are not in the territory of its commune, before it is stored.
-- Fires before an insert, and before an update of coordinates or INSEE code (policies/tables/shops.sql).
create or replace function app.guard_place() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if not app.in_territory(new.insee_code, new.latitude, new.longitude) then
        if app.in_territory(new.insee_code, new.longitude, new.latitude) then
            raise exception 'shop.coordinates_swapped' using errcode = 'EP422';
        end if;
        raise exception 'shop.outside_territory' using errcode = 'EP422';
    end if;
    return new;
end $$;
