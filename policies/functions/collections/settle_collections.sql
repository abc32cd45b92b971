-- Give back the portions of collections that failed, and end requests and accepted collections whose window is over without
-- a tour; return how many.
-- Called by the worker every 5 seconds. A collection fails by a collector's report, which may come while its stock cannot be
-- locked in turn; and nobody comes any more a day after the window of what is in no tour.
-- Definer, because it writes everybody's collections; only the worker may execute it.
-- Locks: the stock of the lots of one collection, then the collection; skipping those that are locked.
create or replace function app.settle_collections(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    c       app.collections;
    settled int := 0;
begin
    for c in
        select x.* from app.collections x
        where x.status = 'failed' and exists (
                  select from app.collection_items i where i.collection_id = x.id and i.holds_stock)
           or x.status in ('requested', 'accepted') and x.window_end < app.clock() - interval '24 hours'
        order by x.id limit most
    loop
        perform from app.lot_stock k
        where k.lot_id in (select i.lot_id from app.collection_items i where i.collection_id = c.id and i.holds_stock)
        order by k.lot_id for update;
        select * into c from app.collections x where x.id = c.id for update skip locked;
        continue when not found;
        if c.status = 'failed' then
            perform app.give_stock_back(c.id);
        elsif c.status in ('requested', 'accepted') then
            perform app.end_collection(c, 'Personne n''est passé dans le créneau.');
        end if;
        settled := settled + 1;
        exit;  -- one in a transaction, so that two of them never wait for each other's stock
    end loop;
    return settled;
end $$;
grant execute on function app.settle_collections(int) to ecopanier_worker;
