-- Withdraw a lot: nobody can reserve it any more, and every holder gets portions, quota and money back and is told.
-- Called by POST /v1/lots/{lot_id}/withdraw, as its merchant, and by erase_account in a merchant's name.
-- People who hold given portions are told too, and donors get back what nobody collected. Withdrawing twice changes
-- nothing.
-- Definer, because it writes reservations and payments of others: only those of the caller's own lot.
-- Locks: quotas, the lot and the free lot beside it (lock_lot), reservations and payments (end_reservation), then the
-- gifts (close_suspended).
create or replace function app.withdraw_lot(lot uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    own         app.lots;
    beside      uuid;
    reservation record;
begin
    perform from app.lots l where l.id = lot and l.suspended_from is null and l.shop_id = any (array(select app.shops_of(app.caller())));
    if not found then raise exception 'lot.not_found' using errcode = 'EP404'; end if;

    own := app.lock_lot(lot);
    if own.status = 'withdrawn' then return; end if;
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
            perform app.defer('reservations.tell_holder', jsonb_build_object('reservation_id', reservation.id));
        end if;
    end loop;
    perform app.close_suspended(beside, false);
end $$;
grant execute on function app.withdraw_lot(uuid) to authenticated;
