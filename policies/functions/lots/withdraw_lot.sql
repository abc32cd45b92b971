-- A merchant withdraws a lot: nobody can reserve it any more, every holder gets portions, quota and money back and is
-- told; so are those who hold portions that were given, and what nobody collected of these is given back. Definer, because it writes reservations and payments of others: only those of the caller's own lot.
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
    -- Of a recalled one the recall gives everything back.
    if own.status in ('ended', 'recalled') then raise exception 'lot.closed' using errcode = 'EP409'; end if;

    select l.id into beside from app.lots l where l.suspended_from = lot;
    update app.lots l set status = 'withdrawn', published_at = coalesce(l.published_at, app.clock())
    where l.id = lot or l.id = beside and l.status in ('published', 'paused');
    for reservation in
        select r.id, r.purpose from app.reservations r
        where r.lot_id in (lot, beside) and (r.status = 'held' or r.status = 'confirmed' and r.purpose = 'collect')
        order by r.id
    loop
        -- One that was being handed over when we came is picked up by now.
        if app.end_reservation(reservation.id, 'cancelled', 'shop', true, true) and reservation.purpose = 'collect' then
            perform app.defer('reservations.tell_holder', jsonb_build_object('reservation_id', reservation.id));
        end if;
    end loop;
    perform app.close_suspended(beside, false);
end $$;
grant execute on function app.withdraw_lot(uuid) to authenticated;
