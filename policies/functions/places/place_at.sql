-- Return the centre of a commune, in degrees; no row if there is no such commune or its centre is not known.
-- Called by GET /v1/lots?insee=, as the API, for anybody. Definer, because nobody is granted the table; the data are public.
create or replace function app.place_at(commune text) returns table (latitude float8, longitude float8)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select p.latitude, p.longitude from app.places p where p.insee_code = commune and p.latitude is not null
$$;
grant execute on function app.place_at(text) to ecopanier_api;
