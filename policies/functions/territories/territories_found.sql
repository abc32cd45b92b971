-- Return the 20 territories that a text most likely means, best first.
-- Called by GET /v1/territories, as the API, for anybody. Definer, because nobody is granted the tables; the data are public.
-- Takes beginnings of keys and, for each, a département or postcode after a space, or '' for anywhere
-- (backend/places/names.py writes both). A beginning of many names costs one walk along the index.
create or replace function app.territories_found(keys text[], areas text[])
returns table (code text, kind text, name text, population int, region text, department text, epci text, commune text,
               latitude float8, longitude float8)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select t.code, t.kind, t.name, t.population, t.region, t.department, t.epci, t.commune, t.latitude, t.longitude
    from (
        select f.code, bool_or(asked.area = '') as anywhere, bool_or(f.whole) as whole, bool_or(f.begins) as begins
        from unnest(keys, areas) as asked (key, area)
        cross join lateral (
            select n.code, n.begins, n.begins and n.key = rtrim(asked.key) as whole, n.population
            from app.territory_names n
            -- Keys are made of small letters, digits and spaces, which come before the tilde.
            where n.key >= asked.key collate "C" and n.key < (asked.key || '~') collate "C"
              -- The digits before which the name stands begin with the number of its département.
              and (asked.area = '' or exists (
                  select from app.territories a
                  where a.code = n.code and starts_with(upper(ltrim(asked.area)), substr(a.department, 5))))
            order by whole desc, n.begins desc, n.population desc
            limit 160) f
        group by f.code) found
    join app.territories t on t.code = found.code
    order by found.anywhere desc, found.whole desc, found.begins desc, t.population desc, t.code
    limit 20
$$;
grant execute on function app.territories_found(text[], text[]) to ecopanier_api;
