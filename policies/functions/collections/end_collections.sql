-- Cancel those of some collections that nobody has taken yet.
-- Called by acts that suspend or close a shop or an association, and by cancel_recalled_collections. Only the owner may
-- execute it. `code` says why; everyone in them reads it.
-- Definer, because nobody may write collections or stock. Locks: the stock of their lots in the order of ids, then the
-- collections in the order of ids, then their tours (policies/LOCKS.md).
create or replace function app.end_collections(ids uuid[], code text) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    c     app.collections;
    ended int := 0;
begin
    perform from app.lot_stock k
    where k.lot_id in (select i.lot_id from app.collection_items i where i.collection_id = any (ids) and i.holds_stock)
    order by k.lot_id for update;
    perform from app.collections x where x.id = any (ids) order by x.id for update;
    for c in
        select * from app.collections x
        where x.id = any (ids) and x.status in ('requested', 'accepted', 'scheduled') order by x.id
    loop
        perform app.end_collection(c, null, code);
        ended := ended + 1;
    end loop;
    return ended;
end $$;
