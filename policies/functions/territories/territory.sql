-- Return a territory with those in which it lies, smallest first, and the kinds of its parts, as JSON; null if there is none.
-- Called by GET /v1/territories/{code}, as the API, for anybody. Definer, because nobody is granted the table.
create or replace function app.territory(wanted text) returns json
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select json_build_object(
        'code', t.code, 'kind', t.kind, 'name', t.name, 'population', t.population, 'region', t.region,
        'department', t.department, 'epci', t.epci, 'commune', t.commune, 'latitude', t.latitude,
        'longitude', t.longitude,
        'within', (
            select coalesce(json_agg(json_build_object('code', a.code, 'kind', a.kind, 'name', a.name) order by u.number),
                            '[]')
            from unnest(array[t.commune, t.epci, t.department, t.region, case t.kind when 'country' then null else 'FR' end])
                 with ordinality as u (code, number)
            join app.territories a on a.code = u.code),
        'parts', (
            select coalesce(json_agg(k.kind order by k.number), '[]')
            from unnest('{region,department,epci,commune,arrondissement,zone}'::text[]) with ordinality as k (kind, number)
            where k.kind in (
                select p.kind from app.territories p where t.kind = 'region' and p.region = t.code and p.commune is null
                union
                select p.kind from app.territories p where t.kind = 'department' and p.department = t.code and p.commune is null
                union
                select p.kind from app.territories p where t.kind = 'epci' and p.epci = t.code and p.commune is null
                union
                select p.kind from app.territories p where t.kind = 'commune' and p.commune = t.code
                union
                select p.kind from app.territories p where t.kind = 'country' and p.code <> t.code and p.commune is null)))
    from app.territories t where t.code = wanted
$$;
grant execute on function app.territory(text) to ecopanier_api;
