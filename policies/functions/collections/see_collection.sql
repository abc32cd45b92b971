-- Return a collection that the caller may see, locked, with the stock of its lots locked before it if that is to be given
-- back; raise EP404 if there is none, EP412 if its version is none of `versions` (null: any).
-- Called by the acts that people change a collection with. Only the owner may execute it.
-- Definer, because nobody may lock collections. Locks: the stock of its lots in the order of ids, the collection
-- (policies/LOCKS.md).
create or replace function app.see_collection(collection uuid, with_stock boolean, versions int[]) returns app.collections
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
    seen app.collections;
begin
    if app.caller_role() is distinct from 'admin'
       and collection <> all (array(select app.collections_seen_by(app.caller()))) then
        raise exception 'collection.not_found' using errcode = 'EP404';
    end if;
    if with_stock then perform app.hold_stock_of_collection(collection); end if;
    select * into seen from app.collections c where c.id = collection for update;
    if not found then raise exception 'collection.not_found' using errcode = 'EP404'; end if;
    if seen.version <> all (versions) then raise exception 'precondition.failed' using errcode = 'EP412'; end if;
    return seen;
end $$;
