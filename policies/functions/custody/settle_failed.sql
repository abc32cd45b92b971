-- Return the portions of up to `most` collections that failed half an hour ago to their lots. Returns how many collections.
-- Called by the worker's job custody.settle. Not at once, because an incident is often corrected by a later step; and not by
-- take_step, which holds collections when it finds that they failed, and stock is locked before them.
-- Definer, because nobody may write stock; only the worker may execute it.
-- Locks: for each collection the stock of its lots, then the collection. A collection that somebody holds waits until the
-- next time.
create or replace function app.settle_failed(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    failed  uuid;
    settled int := 0;
begin
    for failed in
        select c.id from app.collections c
        where c.id in (select i.collection_id from app.collection_items i where i.holds_stock)
          and c.status = 'failed' and c.changed_at < app.clock() - interval '30 minutes'
        order by c.id limit most
    loop
        perform app.hold_stock_of_collection(failed);
        perform from app.collections c where c.id = failed and c.status = 'failed' for update skip locked;
        if found then
            perform app.give_stock_back(failed);
            settled := settled + 1;
        end if;
    end loop;
    return settled;
end $$;
grant execute on function app.settle_failed(int) to ecopanier_worker;
