-- Tell holders that their reservations are confirmed, and shops of a lot's first reservation and of its being sold out;
-- return how many reservations it looked at.
-- Called by the worker every 5 seconds. reserve and settle_payment leave what was confirmed in reservations_to_tell.
-- Shops are told of the lot that they listed, so that given portions read as sold ones, and without a number.
-- Definer, because it reads everybody's reservations; only the worker may execute it.
-- Locks: the entries, skipping those that are locked.
create or replace function app.tell_reservations(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    told  uuid[];
    listed record;
begin
    with taken as (
        delete from app.reservations_to_tell t
        where t.reservation_id = any (array(
            select x.reservation_id from app.reservations_to_tell x order by x.reservation_id limit most
            for update skip locked))
        returning t.reservation_id)
    select coalesce(array_agg(t.reservation_id order by t.reservation_id), '{}') into told from taken t;

    perform app.tell_holder(r.id, 'reservation_confirmed')
    from app.reservations r join app.lots l on l.id = r.lot_id
    where r.id = any (told) and r.purpose = 'collect' and r.status = 'confirmed' and l.pickup_end > app.clock()
    order by r.id;

    for listed in
        select l.id, l.shop_id, s.remaining, l.status from app.lots l join app.lot_stock s on s.lot_id = l.id
        where l.id in (select coalesce(o.suspended_from, o.id) from app.reservations r join app.lots o on o.id = r.lot_id
                       where r.id = any (told))
          and l.status = 'published'
        order by l.id
    loop
        perform app.tell_shop(listed.shop_id, 'first_reservation', jsonb_build_object('lot', app.lot_told(listed.id)),
                              listed.id::text, listed.id);
        if listed.remaining = 0 then
            perform app.tell_shop(listed.shop_id, 'sold_out', jsonb_build_object('lot', app.lot_told(listed.id)),
                                  listed.id::text, listed.id);
        end if;
    end loop;
    return cardinality(told);
end $$;
grant execute on function app.tell_reservations(int) to ecopanier_worker;
