-- Return the INSEE code of the nearest commune to each point, in their order; null where there is none.
-- Called by the API when it counts searches without a result (backend/lots/unfound.py). Definer, because nobody is granted the
-- table; the data are public.
create or replace function app.communes_at(latitudes float8[], longitudes float8[]) returns text[]
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select array_agg(near.code order by p.place)
    from unnest(latitudes, longitudes) with ordinality as p (latitude, longitude, place)
    left join lateral (
        select t.code from app.territories t
        where t.kind = 'commune' and t.latitude between p.latitude - 0.3 and p.latitude + 0.3
          and t.longitude between p.longitude - 0.5 and p.longitude + 0.5
        order by (t.latitude - p.latitude) ^ 2 + ((t.longitude - p.longitude) * cosd(p.latitude)) ^ 2, t.code
        limit 1) near on true
$$;
grant execute on function app.communes_at(float8[], float8[]) to ecopanier_api;
