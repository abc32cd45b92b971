-- End lots whose pickup window is over, and their open reservations with them; return how many lots.
-- Called by the worker every 5 seconds, and by the demo town.
-- What was not collected becomes a no-show: its holder gets neither quota nor money back, and the portions are
-- nobody's any more. If the shop was suspended meanwhile, nobody could collect: everything is given back, and holders
-- are told. Once a shop's last lot of the day is over, its owners are told of the day. Portions that were given to others are not the donor's to collect; count_suspended counts them once the
-- free lot beside is over.
-- Definer, because it writes everybody's lots and reservations; only the worker may execute it.
-- Locks: the lots in the order of ids, skipping those that are locked; then reservations and payments
-- (end_reservation). A paused lot also needs its holders' quotas, which come before lots (see policies/LOCKS.md): they
-- are locked without waiting.
create or replace function app.end_lots(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    lot    record;
    absent record;
    ended  int := 0;
begin
    for lot in
        select l.id, l.status from app.lots l join app.lot_stock s on s.lot_id = l.id
        where l.status in ('published', 'paused') and l.pickup_end <= app.clock()
        order by l.id limit most for update of s, l skip locked
    loop
        if lot.status = 'paused' then
            -- Every other act locks quotas before lots. We have the lot already, so we must not wait for a quota: a lot
            -- whose holder is cancelling right now ends the next time.
            begin
                perform from app.free_portions f
                where (f.account_id, f.day) in (
                    select r.account_id, r.quota_day from app.reservations r
                    where r.lot_id = lot.id and r.status = 'confirmed' and r.quota_day is not null)
                for update nowait;
            exception when lock_not_available then
                continue;
            end;
        end if;
        update app.lots l set status = 'ended' where l.id = lot.id;
        for absent in
            select r.id, r.status from app.reservations r
            where r.lot_id = lot.id and (r.status = 'held' or r.status = 'confirmed' and r.purpose = 'collect')
            order by r.id
        loop
            if absent.status = 'held' then
                perform app.end_reservation(absent.id, 'expired', 'unpaid', false, false);
            elsif lot.status = 'paused' then
                perform app.end_reservation(absent.id, 'cancelled', 'shop', true, true);
                perform app.tell_holder(absent.id, 'lot_withdrawn');
            else
                update app.reservations r set status = 'no_show', ended_at = app.clock(), ended_because = 'window_over'
                where r.id = absent.id and r.status = 'confirmed';
            end if;
        end loop;
        perform app.tell_day(lot.id);
        ended := ended + 1;
    end loop;
    return ended;
end $$;
grant execute on function app.end_lots(int) to ecopanier_worker;
