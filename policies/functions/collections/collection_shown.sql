-- Return a collection that the caller may see, with its items and its history; null if there is none.
-- Called by GET /v1/collections/{collection_id} and by the routes that change one.
-- Definer, because names are read past row-level security. Only who takes part in it and admins get through.
create or replace function app.collection_shown(collection uuid) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    if app.caller_role() is distinct from 'admin'
       and collection <> all (array(select app.collections_seen_by(app.caller()))) then
        return null;
    end if;
    return (select app.collection_with_history(c) from app.collections c where c.id = collection);
end $$;
grant execute on function app.collection_shown(uuid) to authenticated;
