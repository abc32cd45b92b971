-- Lots whose window is over end: they leave the search, and what was not collected becomes a no-show; its holder gets
-- neither quota nor money back, and the portions are nobody's any more. For the worker.
create or replace function app.end_lots(most int) returns int
language plpgsql security definer set search_path = '' as $$
declare
    lot   uuid;
    ended int := 0;
begin
    for lot in
        select l.id from app.lots l
        where l.status in ('published', 'paused') and l.pickup_end <= app.clock()
        order by l.id limit most for update skip locked
    loop
        update app.lots l set status = 'ended' where l.id = lot;
        perform app.end_reservation(r.id, 'expired', 'unpaid', false, false)
        from app.reservations r where r.lot_id = lot and r.status = 'held';
        update app.reservations r set status = 'no_show', ended_at = app.clock(), ended_because = 'window_over'
        where r.lot_id = lot and r.status = 'confirmed';
        ended := ended + 1;
    end loop;
    return ended;
end $$;
grant execute on function app.end_lots(int) to ecopanier_worker;
