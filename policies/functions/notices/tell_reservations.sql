-- Tell holders that their reservations are confirmed, and shops of a lot's first reservation and of its being sold out;
-- return how many reservations it looked at.
-- Called by the worker every 5 seconds. reserve and settle_payment leave what was confirmed in reservations_to_tell.
-- Shops are told of the lot that they listed, so that given portions read as sold ones, and without a number. They hear of
-- what their list of reservations shows, so not of gifts, and of each reservation once a hold that began with it would be
-- over: a paid portion is confirmed minutes after it appears in that list, a given one at once.
-- Definer, because it reads everybody's reservations; only the worker may execute it.
-- Locks: the entries, skipping those that are locked.
create or replace function app.tell_reservations(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment timestamptz := app.clock();
    hold   interval := make_interval(mins => app.setting_int('hold_minutes'));
    told   uuid[];
    listed record;
    looked int;
begin
    with taken as (
        update app.reservations_to_tell t
        set holder_told = true,
            at = coalesce((select r.created_at + hold from app.reservations r where r.id = t.reservation_id), moment)
        where t.reservation_id = any (array(
            select x.reservation_id from app.reservations_to_tell x where not x.holder_told
            order by x.reservation_id limit most for update skip locked))
        returning t.reservation_id)
    select coalesce(array_agg(t.reservation_id order by t.reservation_id), '{}') into told from taken t;
    looked := cardinality(told);

    perform app.tell_holder(r.id, 'reservation_confirmed')
    from app.reservations r join app.lots l on l.id = r.lot_id
    where r.id = any (told) and r.purpose = 'collect' and r.status = 'confirmed' and l.pickup_end > moment
    order by r.id;

    with taken as (
        delete from app.reservations_to_tell t
        where t.reservation_id = any (array(
            select x.reservation_id from app.reservations_to_tell x where x.holder_told and x.at <= moment
            order by x.at limit most for update skip locked))
        returning t.reservation_id)
    select coalesce(array_agg(t.reservation_id), '{}') into told from taken t;

    for listed in
        select l.id, l.shop_id, l.quantity <= (
                   select coalesce(sum(r.quantity), 0)
                   from app.lots o join app.reservations r on r.lot_id = o.id
                   where (o.id = l.id or o.suspended_from = l.id) and r.purpose = 'collect'
                     and r.status in ('confirmed', 'picked_up', 'no_show') and r.created_at <= moment - hold) as sold_out
        from app.lots l
        where l.id in (select coalesce(o.suspended_from, o.id) from app.reservations r join app.lots o on o.id = r.lot_id
                       where r.id = any (told) and r.purpose = 'collect')
          and l.status = 'published'
        order by l.id
    loop
        perform app.tell_shop(listed.shop_id, 'first_reservation', jsonb_build_object('lot', app.lot_told(listed.id)),
                              listed.id::text, listed.id);
        if listed.sold_out then
            perform app.tell_shop(listed.shop_id, 'sold_out', jsonb_build_object('lot', app.lot_told(listed.id)),
                                  listed.id::text, listed.id);
        end if;
    end loop;
    return looked + cardinality(told);
end $$;
grant execute on function app.tell_reservations(int) to ecopanier_worker;
