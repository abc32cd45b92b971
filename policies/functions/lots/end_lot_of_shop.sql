-- Withdraw a lot that the caller was allowed to withdraw; return false, and change nothing, if it was withdrawn already.
-- Called by withdraw_lot and take_down_lot, and by erase_account for a shop that closes. Only the owner may execute it.
-- People who hold given portions are told too, and donors get back what nobody collected.
-- Definer, because it writes reservations and payments of others.
-- Locks: quotas, the lot and the free lot beside it (lock_lot), reservations and payments (end_reservation), then the
-- gifts (close_suspended).
create or replace function app.end_lot_of_shop(lot uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    own         app.lots;
    beside      uuid;
    reservation record;
begin
    own := app.lock_lot(lot);
    if own.status = 'withdrawn' then return false; end if;
    -- The reservations of a recalled lot are ended by the recall.
    if own.status in ('ended', 'recalled') then raise exception 'lot.closed' using errcode = 'EP409'; end if;

    select l.id into beside from app.lots l where l.suspended_from = lot;
    update app.lots l set status = 'withdrawn', published_at = coalesce(l.published_at, app.clock())
    where l.id = lot or l.id = beside and l.status in ('published', 'paused');
    for reservation in
        select r.id, r.purpose from app.reservations r
        where r.lot_id in (lot, beside) and (r.status = 'held' or r.status = 'confirmed' and r.purpose = 'collect')
        order by r.id
    loop
        -- False if the reservation was being handed over when we came, and is picked up by now.
        if app.end_reservation(reservation.id, 'cancelled', 'shop', true, true) and reservation.purpose = 'collect' then
            perform app.tell_holder(reservation.id, 'lot_withdrawn');
        end if;
    end loop;
    perform app.close_suspended(beside, false);
    return true;
end $$;
