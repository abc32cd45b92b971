-- Return, for each pair of coordinates, whether it lies in the French territory of its commune.
-- Called by GET /v1/places and when a shop's address is looked up, as the API, about what a geocoder answered.
-- Definer, because the API's login may not execute what it calls. It reads no table.
create or replace function app.in_their_territories(communes text[], latitudes float8[], longitudes float8[])
returns boolean[] language sql immutable parallel safe security definer set search_path = pg_catalog, pg_temp as $$
    select array_agg(coalesce(app.in_territory(u.commune, u.latitude, u.longitude), false) order by u.number)
    from unnest(communes, latitudes, longitudes) with ordinality as u (commune, latitude, longitude, number)
$$;
grant execute on function app.in_their_territories(text[], float8[], float8[]) to ecopanier_api;
