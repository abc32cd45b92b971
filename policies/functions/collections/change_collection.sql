-- Write what happened to a collection into its history, with who did it, and give it a new version; and a new status, if
-- one is given.
-- Called by every act that changes a collection, once the collection is locked and its state checked. Only the owner may
-- execute it. `details` holds the facts of the change; `by` is added: as what the caller takes part in it
-- (part_in_collection).
-- Definer, because nobody may write collections. Locks: the collection, which the caller holds already.
create or replace function app.change_collection(
    collection uuid, change text, new_status text default null, details jsonb default '{}') returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    changed app.collections;
begin
    update app.collections c
    set status = coalesce(new_status, c.status), version = c.version + 1, changed_at = app.clock()
    where c.id = collection returning * into changed;
    insert into app.collection_changes (collection_id, at, by_account, change, details)
    values (collection, app.clock(), app.caller(), change_collection.change,
            jsonb_build_object('by', coalesce(app.part_in_collection(changed, 'reader'), 'collector')) || details);
end $$;
