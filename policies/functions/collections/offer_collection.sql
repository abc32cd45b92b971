-- Offer a requested collection to an association, which may then accept or refuse it, and tell it.
-- Called by acts that decide who receives what, whether a person or a rule decides; they check who may. Only the owner may
-- execute it. Offering it to the same association again changes nothing.
-- Raises EP409 unless it is requested; what require_receiver and require_food_law raise.
-- Definer, because nobody may write collections. Locks: the collection.
create or replace function app.offer_collection(collection uuid, association uuid, details jsonb default '{}') returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    c app.collections;
begin
    select * into c from app.collections x where x.id = collection for update;
    if not found then raise exception 'collection.not_found' using errcode = 'EP404'; end if;
    perform app.require_state(c, 'requested');
    if c.association_id is not distinct from association then return; end if;
    if c.giver_id = association then raise exception 'association.not_found' using errcode = 'EP404'; end if;
    perform app.require_receiver(association, c.shop_id);
    perform app.require_food_law(collection, association, c.window_end);
    update app.collections x
    set association_id = association,
        to_point = (select p.id from app.collection_points p
                    where p.kind = 'association' and p.association_id = offer_collection.association)
    where x.id = collection;
    perform app.change_collection(collection, 'edited', null, details || jsonb_build_object('offered_to', association));
    perform app.tell_of_collection(collection, 'collection_asked');
end $$;
