-- Return the INSEE codes of the communes and arrondissements of a territory; null for France, which has all of them.
-- Called by neighbour_suggestions and uncollected. A zone stands for the commune in which it lies, because a neighbour of the
-- other side of a street is one too. Raises EP404 for a code that no territory has.
-- Definer, because nobody is granted the table; only the owner may execute it.
create or replace function app.communes_in(territory text) returns text[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    area app.territories;
begin
    if territory = 'FR' then return null; end if;
    select * into area from app.territories t where t.code = territory;
    if not found then raise exception 'territory.not_found' using errcode = 'EP404'; end if;
    return case area.kind
        when 'region' then array(select t.code from app.territories t
                                 where t.region = area.code and t.kind in ('commune', 'arrondissement'))
        when 'department' then array(select t.code from app.territories t
                                     where t.department = area.code and t.kind in ('commune', 'arrondissement'))
        when 'epci' then array(select t.code from app.territories t
                               where t.epci = area.code and t.kind in ('commune', 'arrondissement'))
        when 'commune' then area.code || array(select t.code from app.territories t
                                               where t.commune = area.code and t.kind = 'arrondissement')
        when 'zone' then array[area.commune]
        else array[area.code] end;
end $$;
