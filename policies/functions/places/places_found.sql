-- Return the 20 places that a text most likely means, best first.
-- Called by GET /v1/places, as the API, for anybody. Definer, because nobody is granted the tables; the data are public.
-- Takes beginnings of keys and, for each, the beginning of a département or postcode after a space, or '' for anywhere
-- (backend/places/names.py writes both). A beginning of many names, such as « saint », costs one walk along the index.
-- A place may have several keys with one beginning, but never eight: so 160 keys hold at least 20 places.
create or replace function app.places_found(keys text[], areas text[])
returns table (insee_code text, name text, postcodes text[], department text, latitude float8, longitude float8)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select p.insee_code, p.name, p.postcodes, p.department, p.latitude, p.longitude
    from (
        select f.insee_code, bool_or(asked.area = '') as anywhere, bool_or(f.whole) as whole, bool_or(f.begins) as begins
        from unnest(keys, areas) as asked (key, area)
        cross join lateral (
            select n.insee_code, n.begins, n.begins and n.key = rtrim(asked.key) as whole, n.population
            from app.place_names n
            -- Keys are made of small letters, digits and spaces, which come before the tilde.
            where n.key >= asked.key collate "C" and n.key < (asked.key || '~') collate "C"
              and strpos(n.area, asked.area) > 0
            order by whole desc, n.begins desc, n.population desc
            limit 160) f
        group by f.insee_code) found
    join app.places p on p.insee_code = found.insee_code
    -- The 13th arrondissement of Marseille comes before Marseille in département 13.
    order by found.anywhere desc, found.whole desc, found.begins desc, p.population desc, p.insee_code
    limit 20
$$;
grant execute on function app.places_found(text[], text[]) to ecopanier_api;
