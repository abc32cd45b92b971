-- Cancel one collection whose window was over a day ago and that is in no tour, and tell everyone; return how many.
-- Called by the worker every 5 seconds. One in a transaction, so that two of them never wait for each other's stock; at most
-- one of the first `most` is looked at.
-- Definer, because it writes everybody's collections; only the worker may execute it.
-- Locks: the stock of its lots, then the collection, unless somebody holds it.
create or replace function app.settle_collections(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    over uuid;
    c    app.collections;
begin
    for over in
        select x.id from app.collections x
        where x.status in ('requested', 'accepted') and x.window_end < app.clock() - interval '24 hours'
        order by x.id limit most
    loop
        perform app.hold_stock_of_collection(over);
        select * into c from app.collections x
        where x.id = over and x.status in ('requested', 'accepted') for update skip locked;
        if found then
            perform app.end_collection(c, null, 'nobody_came');
            return 1;
        end if;
        return 0;
    end loop;
    return 0;
end $$;
grant execute on function app.settle_collections(int) to ecopanier_worker;
