-- End up to `most` offers that nobody took in time, and offer their portions to the next; return how many offers
-- ended. Lots with portions left although somebody waits are offered too, because those who wait had no quota left
-- until now, or the lot was paused.
-- Called by the worker every 5 seconds. Definer, because it writes everybody's entries; only the worker may execute
-- it.
-- Locks: lots in the order of ids, each before its entries (policies/LOCKS.md).
create or replace function app.lapse_offers(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    next_  record;
    lapsed int := 0;
begin
    for next_ in
        select x.id, x.lot_id from (
            select w.id, w.lot_id from app.waiting w
            where w.status = 'offered' and w.offer_until <= app.clock() order by w.offer_until limit most) x
        union all
        select * from (
            select null::uuid, l.id from app.lots l join app.lot_stock s on s.lot_id = l.id
            where l.status = 'published' and s.remaining > 0 and l.pickup_end > app.clock()
              and l.id in (select w.lot_id from app.waiting w where w.status = 'waiting')
              -- Only lots that somebody may have now. The others are not locked and do not use up `most`.
              and exists (select from app.line(l, null))
            limit most) y
        order by 2, 1
    loop
        perform from app.lot_stock s where s.lot_id = next_.lot_id for update;
        if next_.id is null then
            perform app.hand_on(next_.lot_id);
        elsif exists (select from app.waiting w where w.id = next_.id and w.status = 'offered') then
            perform app.end_entry(next_.id, 'lapsed');
            lapsed := lapsed + 1;
        end if;
    end loop;
    return lapsed;
end $$;
grant execute on function app.lapse_offers(int) to ecopanier_worker;
