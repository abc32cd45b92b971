-- Return the INSEE codes of the communes and arrondissements of the EPCI of a commune; of the commune itself if it is in none,
-- or if its territories are not loaded.
-- Called by neighbour_suggestions, for whoever names no territory. Definer, as communes_in; only the owner may execute it.
create or replace function app.communes_around(insee text) returns text[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    area app.territories;
begin
    select * into area from app.territories t where t.code = insee;
    if not found then return array[insee]; end if;
    return app.communes_in(coalesce(area.epci, area.commune, area.code));
end $$;
