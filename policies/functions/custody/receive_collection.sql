-- Receive a collection for the association that it was for: note what it accepts of each item and why it refuses the rest,
-- count the impact, and end the collection. `items` are {item_id, grams, crates, portions, refused_because}; an item that is
-- not named is accepted as it was taken. Nothing can be accepted beyond what was taken, of an item that is frozen, or beyond
-- the legal temperature.
-- Called by POST /v1/collections/{collection_id}/reception. The association may receive what was taken before the collector's
-- report of having left it has come.
-- Definer, because nobody may write collections; it lets through owners and staff of the association, and admins.
-- Locks: the stock of its lots, the collection, then the head of its chain.
create or replace function app.receive_collection(collection uuid, items jsonb, degrees double precision default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    me      uuid := app.caller();
    moment  timestamptz := app.clock();
    c       app.collections;
    i       app.collection_items;
    said    record;
    weight  int;
    boxes   int;
    pieces  int;
    why     text;
    highest numeric;
    lowest  numeric;
begin
    perform app.hold_stock_of_collection(collection);
    select x.* into c from app.collections x
    where x.id = receive_collection.collection
      and (x.association_id = any (array(select app.associations_of(me, 'staff'))) or app.caller_role() = 'admin')
    for update;
    if not found then raise exception 'collection.not_found' using errcode = 'EP404'; end if;
    if c.status = 'received' then raise exception 'reception.exists' using errcode = 'EP409'; end if;
    if c.status in ('cancelled', 'refused', 'failed') then raise exception 'reception.over' using errcode = 'EP409'; end if;
    if c.status not in ('taken', 'delivered') then raise exception 'reception.too_early' using errcode = 'EP409'; end if;
    if exists (select from jsonb_to_recordset(items) as s (item_id uuid)
               where s.item_id not in (select x.id from app.collection_items x where x.collection_id = c.id)) then
        raise exception 'reception.item_unknown' using errcode = 'EP422';
    end if;

    for i in select x.* from app.collection_items x where x.collection_id = c.id order by x.id loop
        select s.* into said
        from jsonb_to_recordset(items) as s (item_id uuid, grams int, crates int, portions int, refused_because text)
        where s.item_id = i.id;
        if said.item_id is null then
            weight := i.taken_grams; boxes := i.taken_crates; pieces := i.taken_portions; why := null;
            if i.frozen_because is not null then
                weight := weight * 0; boxes := boxes * 0; pieces := pieces * 0; why := i.frozen_because;
            end if;
        else
            weight := said.grams; boxes := said.crates; pieces := said.portions; why := said.refused_because;
            -- What nobody weighed before is weighed now.
            if i.taken_grams is null and weight is not null then i.taken_grams := weight; end if;
        end if;
        if weight > coalesce(i.taken_grams, 0) or boxes > coalesce(i.taken_crates, 0) or pieces > coalesce(i.taken_portions, 0) then
            raise exception 'reception.more_than_taken' using errcode = 'EP422';
        end if;
        if why is null and (weight < i.taken_grams or pieces < i.taken_portions or boxes < i.taken_crates) then
            raise exception 'reception.reason_missing' using errcode = 'EP422';
        end if;
        if weight > 0 or boxes > 0 or pieces > 0 then
            if i.frozen_because is not null then raise exception 'reception.item_frozen' using errcode = 'EP409'; end if;
            if weight is null and pieces is null then
                raise exception 'reception.weight_missing' using errcode = 'EP422';
            end if;
            select l.highest, l.lowest into highest, lowest from app.temperature_limit_of(i, app.paris_day(moment)) l;
            if degrees > highest or degrees < lowest then
                raise exception 'reception.too_warm' using errcode = 'EP409';
            end if;
        end if;
        update app.collection_items x
        set taken_grams = i.taken_grams, accepted_grams = weight, accepted_crates = boxes, accepted_portions = pieces,
            refused_because = why
        where x.id = i.id;
    end loop;

    update app.collections x
    set received_at = moment, received_degrees = degrees where x.id = c.id;
    perform app.change_collection(c.id, 'received', 'received');
    perform app.add_custody(c.id, 'received', c.id, moment, jsonb_build_object('degrees', degrees, 'items', (
        select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
            'item_id', x.id, 'grams', x.accepted_grams, 'crates', x.accepted_crates, 'portions', x.accepted_portions,
            'refused', x.refused_because is not null)) order by x.id)
        from app.collection_items x where x.collection_id = c.id)));
    perform app.record_collected(c.id);
    -- Portions that the shop kept go back to their lots; what was taken stays out of their stock.
    for i in
        select x.* from app.collection_items x where x.collection_id = c.id and x.holds_stock
    loop
        update app.lot_stock k set remaining = k.remaining + greatest(i.portions - coalesce(i.taken_portions, i.portions), 0)
        where k.lot_id = i.lot_id;
    end loop;
end $$;
grant execute on function app.receive_collection(uuid, jsonb, double precision) to authenticated;
