-- Return the territories of one kind within another, with where they are; of zones their shape of today.
-- Called by GET /v1/territories/{code}/figures.geojson, as the API, for anybody. Definer, because nobody is granted the tables;
-- the data are public.
create or replace function app.parts_of(wanted text, parts text)
returns table (code text, kind text, name text, population int, latitude float8, longitude float8, geometry json)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select p.code, p.kind, p.name, p.population, p.latitude, p.longitude, (
               select z.geojson from app.zone_shapes z
               where z.code = p.code and z.valid_from <= app.paris_day(app.clock()) order by z.valid_from desc limit 1)
    from app.territories w
    join app.territories p on p.kind = parts and p.code <> w.code
         and w.code = case w.kind when 'country' then w.code when 'region' then p.region
                                  when 'department' then p.department when 'epci' then p.epci
                                  when 'commune' then p.commune end
    where w.code = wanted
    order by p.code
$$;
grant execute on function app.parts_of(text, text) to ecopanier_api;
