-- Trigger: compute the columns that the search goes by: the lot's place in the two indexes, and its words.
-- Fires before an insert or update of what they depend on, whoever makes it (policies/tables/lots.sql); never when a
-- portion is taken.
create or replace function app.shelve_lot() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    new.shelf := app.on_shelf(new.place, new.kind, 0);
    new.category_shelf := app.on_shelf(new.place, new.kind, app.category_number(new.category));
    new.words := to_tsvector('pg_catalog.french', app.search_text(new.title || ' ' || new.description));
    return new;
end $$;
