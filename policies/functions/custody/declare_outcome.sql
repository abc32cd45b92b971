-- Declare what an association did with some of what it accepted of a collection: distributed it, or lost it to compost, feed
-- or the bin. Never more than it accepted, nor before it received it, nor in the future.
-- Called by POST /v1/collections/{collection_id}/outcomes. Return the id of the declaration.
-- Definer, because nobody may write declarations; it lets through owners and staff of the association, and admins.
-- Locks: the collection, then the head of its chain.
create or replace function app.declare_outcome(collection uuid, outcome text, grams int, day date, note text) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    moment   timestamptz := app.clock();
    c        app.collections;
    zone     text;
    accepted bigint;
    declared bigint;
    made     uuid;
begin
    select x.* into c from app.collections x
    where x.id = declare_outcome.collection
      and (x.association_id = any (array(select app.associations_of(app.caller(), 'staff'))) or app.caller_role() = 'admin')
    for update;
    if not found then raise exception 'collection.not_found' using errcode = 'EP404'; end if;
    if c.status <> 'received' then raise exception 'outcome.not_received' using errcode = 'EP409'; end if;
    select a.time_zone into zone from app.associations a where a.id = c.association_id;
    if day < app.local_day(c.received_at, zone) or day > app.local_day(moment, zone) then
        raise exception 'outcome.wrong_day' using errcode = 'EP422';
    end if;
    select coalesce(sum(app.item_grams(i.accepted_grams, i.accepted_portions, i.lot_id)), 0) into accepted
    from app.collection_items i where i.collection_id = c.id;
    select coalesce(sum(o.grams), 0) into declared from app.collection_outcomes o where o.collection_id = c.id;
    if declared + grams > accepted then raise exception 'outcome.more_than_accepted' using errcode = 'EP409'; end if;
    insert into app.collection_outcomes (collection_id, outcome, grams, day, note, declared_at)
    values (c.id, outcome, grams, day, note, moment) returning id into made;
    perform app.add_custody(c.id, outcome, made, moment, jsonb_build_object('grams', grams, 'day', day));
    return made;
end $$;
grant execute on function app.declare_outcome(uuid, text, int, date, text) to authenticated;
