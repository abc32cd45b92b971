-- Return the commune (or the arrondissement) that an INSEE code means on a day: another once the map has changed.
-- Called by places_of_shops and the acts on unmet demand. Definer, because nobody is granted the table; only the owner may
-- execute it.
create or replace function app.commune_on(insee_code text, wanted date) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    found_code text := insee_code;
    next_code  text;
begin
    for step in 1..20 loop  -- changes that lead back end here
        select c.new into next_code from app.map_changes c
        where c.old = found_code and c.day <= wanted order by c.day desc limit 1;
        exit when next_code is null;
        found_code := next_code;
    end loop;
    return found_code;
end $$;
