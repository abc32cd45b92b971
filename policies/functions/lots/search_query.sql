-- Return what a person typed as a search for lots: all its words must occur. "…" or «…» holds a phrase, and a minus in
-- front of a word or phrase excludes it.
-- Called by lots_near and lots_sorted. Text and search are brought into one plain form (app.search_text in migrations/), so that
-- neither accents, apostrophes nor the server's locale matter.
create or replace function app.search_query(written text) returns tsquery
language plpgsql immutable parallel safe strict set search_path = pg_catalog, pg_temp as $$
declare
    typed tsquery := '';
    part  text[];
    words tsquery;
begin
    for part in
        select m from regexp_matches(translate(written, '“”„«»', '"""""'), '(-?)"([^"]*)"|([^"[:space:]]+)', 'g') as m
    loop
        if part[3] is null then
            words := phraseto_tsquery('pg_catalog.french', app.search_text(part[2]));
        else
            words := plainto_tsquery('pg_catalog.french', app.search_text(part[3]));
        end if;
        if numnode(words) > 0 then
            typed := typed && case when part[1] = '-' or part[3] ~ '^-[^0-9]' then !! words else words end;
        end if;
    end loop;
    return typed;
end $$;
