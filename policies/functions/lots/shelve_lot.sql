-- Put a lot where the search looks for it. Fires when something that the search goes by changes, whoever changes it,
-- and never when a portion is taken.
create or replace function app.shelve_lot() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    new.shelf := app.on_shelf(new.place, new.kind, 0);
    new.category_shelf := app.on_shelf(new.place, new.kind, app.category_number(new.category));
    new.words := to_tsvector('pg_catalog.french', app.without_accents(new.title || ' ' || new.description));
    return new;
end $$;
