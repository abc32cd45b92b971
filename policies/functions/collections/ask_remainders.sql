-- Ask again for what a collector left at a shop: the same hours on the next day, once for each collection, as far as the food's
-- dates allow; return for how many collections.
-- Called by the worker every 5 seconds, within an hour of the reception. Portions of a lot that is on sale went back to it
-- (receive_collection). Where the collector reported an incident, nothing is asked: the food was not there, or not fit.
-- Definer, because it writes everybody's collections; only the worker may execute it.
-- Locks: the collection (skip locked); then those of make_collection, whose stock is that of lots which are over.
create or replace function app.ask_remainders(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    c     app.collections;
    lots  jsonb;
    items jsonb;
    made  uuid;
    asked int := 0;
begin
    for c in
        select x.* from app.collections x
        where x.status = 'received' and x.shop_id is not null and x.received_at > app.clock() - interval '1 hour'
          and not exists (select from app.collection_changes h
                          where h.collection_id = x.id and h.change = 'edited' and h.details ? 'remainder')
          and not exists (select from app.tour_steps s
                          where s.kind = 'incident' and (s.collection_id = x.id or s.collection_id is null and exists (
                              select from app.stop_tasks k where k.tour_id = s.tour_id and k.number = s.number
                                and k.collection_id = x.id and k.kind = 'take')))
          and exists (select from app.collection_items i
                      where i.collection_id = x.id
                        and (i.taken_grams < i.grams or i.taken_crates < i.crates or i.taken_portions < i.portions))
        order by x.id limit most for update skip locked
    loop
        made := null;
        select coalesce(jsonb_agg(jsonb_build_object('lot_id', l.id, 'portions', i.portions - i.taken_portions)), '[]')
        into lots
        from app.collection_items i join app.lots l on l.id = i.lot_id and l.status = 'ended'
        where i.collection_id = c.id and i.taken_portions < i.portions
          and i.portions - i.taken_portions <= app.left_of_lot(l);
        select coalesce(jsonb_agg(jsonb_build_object(
                   'title', i.title, 'category', i.category, 'grams', nullif(greatest(i.grams - i.taken_grams, 0), 0),
                   'crates', nullif(greatest(i.crates - i.taken_crates, 0), 0),
                   'portions', nullif(greatest(i.portions - i.taken_portions, 0), 0), 'date_kind', i.date_kind,
                   'food_date', i.food_date, 'batch', i.batch, 'gtin', i.gtin, 'cold', i.cold)), '[]')
        into items
        from app.collection_items i
        where i.collection_id = c.id and i.lot_id is null and i.frozen_because is null
          and (i.taken_grams < i.grams or i.taken_crates < i.crates or i.taken_portions < i.portions);
        if jsonb_array_length(lots) + jsonb_array_length(items) > 0 then
            begin
                made := app.make_collection(c.shop_id, null, null, lots, items, c.window_start + interval '1 day',
                                            c.window_end + interval '1 day', c.notes, 'remainder', null, c.id);
                asked := asked + 1;
            exception when others then
                if sqlstate = 'EP503' then continue; end if;  -- to be tried again
                if sqlstate !~ '^EP' then raise; end if;
            end;
        end if;
        perform app.change_collection(c.id, 'edited', null, jsonb_build_object('remainder', made));
    end loop;
    return asked;
end $$;
grant execute on function app.ask_remainders(int) to ecopanier_worker;
