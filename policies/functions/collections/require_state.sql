-- Raise EP409 with the collection's status as its code unless its status is one of those in which an act is possible.
-- Called by acts on collections, once the collection is locked. Only the owner may execute it.
create or replace function app.require_state(c app.collections, variadic states text[]) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    if c.status <> all (states) then raise exception '%', 'collection.' || c.status using errcode = 'EP409'; end if;
end $$;
