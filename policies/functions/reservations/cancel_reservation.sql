-- Cancel a reservation, as its holder.
-- Called by POST /v1/reservations/{reservation_id}/cancel and POST /v1/suspended-lots/{suspended_lot_id}/cancel. The
-- portions always go back to the lot. Quota and money come back if the holder is in time: until
-- `free_cancellation_minutes` before the window opens; a hold, or a recalled lot, is always in time. Cancelling twice
-- answers the same. Given portions that are paid cannot be cancelled.
-- Definer, because the stock belongs to the shop: only the caller's own reservation.
-- Locks: quota, lot, reservation, payment (policies/LOCKS.md).
create or replace function app.cancel_reservation(reservation uuid) returns json
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    r       app.reservations;
    l       app.lots;
    in_time boolean;
begin
    select x.* into r from app.reservations x where x.id = reservation and x.account_id = app.caller();
    if not found then raise exception 'reservation.not_found' using errcode = 'EP404'; end if;

    -- A payment may be confirming it, or a recall freezing its lot, right now. So it is read again under the locks.
    perform from app.free_portions f where f.account_id = r.account_id and f.day = r.quota_day for update;
    perform from app.lot_stock s where s.lot_id = r.lot_id for update;
    select x.* into l from app.lots x where x.id = r.lot_id;
    select x.* into r from app.reservations x where x.id = reservation;
    if r.purpose = 'give' and r.status in ('confirmed', 'given') then
        raise exception 'suspended_lot.offered' using errcode = 'EP409';
    end if;
    in_time := r.status = 'held' or l.status = 'recalled'
        or app.clock() <= app.free_cancellation_until(l.pickup_start);
    if not app.end_reservation(
            reservation, 'cancelled', case when in_time then 'holder' else 'holder_late' end, in_time, in_time) then
        select x.* into r from app.reservations x where x.id = reservation;
        if r.status <> 'cancelled' then raise exception 'reservation.over' using errcode = 'EP409'; end if;
    elsif r.status = 'confirmed' and r.purpose = 'collect' then
        perform app.tell_holder(reservation, 'reservation_cancelled');
    end if;
    select x.* into r from app.reservations x where x.id = reservation;
    return app.reservation_json(r, l);
end $$;
grant execute on function app.cancel_reservation(uuid) to authenticated;
