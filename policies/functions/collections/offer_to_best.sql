-- Offer a requested collection to the association that fits it best, and let it accept at once where the association wants
-- that; return whether there was one.
-- Called by make_collection and refuse_collection, for what is offered to nobody in particular. Only the owner may execute it.
-- Definer, because it compares associations. Locks: the collection, which the caller holds already or has just made.
create or replace function app.offer_to_best(collection uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    best record;
begin
    select * into best from app.best_receiver(collection);
    if best.association_id is null then return false; end if;
    perform app.offer_collection(collection, best.association_id, '{"by": "program"}');
    if best.automatic then
        perform app.change_collection(collection, 'accepted', 'accepted', '{"by": "program"}');
        perform app.tell_of_collection(collection, 'collection_accepted');
    end if;
    return true;
end $$;
