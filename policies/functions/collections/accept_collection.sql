-- Accept a requested collection.
-- Called by POST /v1/collections/{collection_id}/accept, as an operator. An admin may name the association that receives it;
-- anybody else accepts for the one that it is offered to. Accepting again changes nothing.
-- Raises EP409 unless it is requested, and once its window is over; what require_receiver and require_food_law raise.
-- Definer, because nobody may write collections. Locks: the collection.
create or replace function app.accept_collection(collection uuid, association uuid, versions int[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    c        app.collections := app.see_collection(collection, false, versions);
    receiver uuid := coalesce(association, c.association_id);
begin
    perform app.require_operator(c);
    if c.association_id is distinct from receiver and app.caller_role() is distinct from 'admin' then
        raise exception 'association.not_found' using errcode = 'EP404';
    end if;
    if c.status in ('accepted', 'scheduled') and c.association_id = receiver then return; end if;
    perform app.require_state(c, 'requested');
    if receiver is null then raise exception 'collection.no_association' using errcode = 'EP422'; end if;
    if c.giver_id = receiver then raise exception 'association.not_found' using errcode = 'EP404'; end if;
    if c.window_end <= app.clock() then raise exception 'collection.window_over' using errcode = 'EP409'; end if;
    perform app.require_receiver(receiver, c.shop_id);
    perform app.require_food_law(collection, receiver, c.window_end);
    update app.collections x
    set association_id = receiver, decided_by = app.caller(),
        to_point = (select p.id from app.collection_points p
                    where p.kind = 'association' and p.association_id = receiver)
    where x.id = collection;
    perform app.change_collection(collection, 'accepted', 'accepted');
    perform app.tell_of_collection(collection, 'collection_accepted');
end $$;
grant execute on function app.accept_collection(uuid, uuid, int[]) to authenticated;
