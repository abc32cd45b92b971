-- Refuse a requested collection, and return it as its operator sees it then. It goes on to the next association that fits,
-- if who asked named none; otherwise its portions go back to their lots, and who asked is told why.
-- Called by POST /v1/collections/{collection_id}/refuse, as an operator. Refusing again changes nothing.
-- Raises EP409 unless it is requested.
-- Definer, because nobody may write collections or stock. Locks: the stock of its lots, the collection (see_collection).
create or replace function app.refuse_collection(collection uuid, why text, versions int[]) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    c     app.collections := app.see_collection(collection, true, versions);
    noted boolean;
begin
    perform app.require_operator(c);
    if c.status = 'refused' then return app.collection_shown(collection); end if;
    perform app.require_state(c, 'requested');
    -- What is meant for no association in particular goes on to the next that fits, and not back to one that refused.
    if app.caller_role() is distinct from 'admin' and not exists (
           select from app.collection_changes h
           where h.collection_id = collection and h.change = 'requested' and h.details ->> 'named' = 'true') then
        perform app.change_collection(collection, 'refused', null, jsonb_build_object(
            'reason', why, 'association', c.association_id));
        update app.collections x set association_id = null, to_point = null where x.id = collection;
        if app.offer_to_best(collection) then
            -- It is theirs no more: they read it as it ended for them.
            c.status := 'refused';
            c.reason := why;
            return app.collection_with_history(c);
        end if;
        update app.collections x set association_id = c.association_id, to_point = c.to_point, status = 'refused',
            reason = why
        where x.id = collection;
    end if;
    perform app.give_stock_back(collection);
    update app.collections x set reason = why, decided_by = app.caller() where x.id = collection
    returning x.status = 'refused' into noted;
    if not noted then
        perform app.change_collection(collection, 'refused', 'refused', jsonb_build_object(
            'reason', why, 'association', c.association_id));
    end if;
    perform app.tell_of_collection(collection, 'collection_refused');
    return app.collection_shown(collection);
end $$;
grant execute on function app.refuse_collection(uuid, text, int[]) to authenticated;
