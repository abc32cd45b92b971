-- Count what was collected of given portions whose window is over, for up to `most` free lots; return how many lots.
-- Called by the worker every 5 seconds. Counting happens here and not at the counter, where a suspended portion must
-- make the same work as any other. A station without a network may say up to 12 hours later that somebody collected
-- (pick_up), so the portions of a shop that has one are counted then: a donor gets nothing back for what was eaten.
-- Definer, because it writes everybody's gifts; only the worker may execute it.
-- Locks: lots, skipping those that are locked; then as close_suspended (policies/LOCKS.md).
create or replace function app.count_suspended(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    beside  uuid;
    counted int := 0;
    moment  timestamptz := app.clock();
begin
    for beside in
        select l.id from app.lots l join app.lot_stock s on s.lot_id = l.id
        where l.id = any (array(select p.lot_id from app.suspended_portions p where p.collected is null))
          and l.status = 'ended'  -- what is withdrawn or recalled is closed by those acts
          and (l.pickup_end <= moment - interval '12 hours'
               or not exists (select from app.stations t where t.shop_id = l.shop_id and t.token_hash is not null))
        order by l.id limit most for update of s, l skip locked
    loop
        perform app.close_suspended(beside, true);
        counted := counted + 1;
    end loop;
    return counted;
end $$;
grant execute on function app.count_suspended(int) to ecopanier_worker;
