-- Tell the owners of a shop what became of a day's lots, once the last of them is over.
-- Called by end_lots for each lot that it ends. The day is that of the shop, by the end of the windows. Sums of portions
-- over all lots: neither money nor who held them, so that given portions read as sold ones.
-- Definer, because it reads everybody's reservations; only the owner may execute it.
create or replace function app.tell_day(lot uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    house app.shops;
    today date;
    since timestamptz;
    sums  record;
begin
    select s.* into house from app.shops s join app.lots l on l.shop_id = s.id where l.id = lot;
    select (l.pickup_end at time zone house.time_zone)::date into today from app.lots l where l.id = lot;
    since := today::timestamp at time zone house.time_zone;
    if exists (select from app.lots l
               where l.shop_id = house.id and l.status in ('published', 'paused') and l.pickup_end > since
                 and l.pickup_end < (today + 1)::timestamp at time zone house.time_zone) then
        return;
    end if;
    with listed as (
        select l.id, l.quantity from app.lots l
        where l.shop_id = house.id and l.status in ('ended', 'withdrawn', 'recalled') and l.suspended_from is null
          and l.pickup_end >= since and l.pickup_end < (today + 1)::timestamp at time zone house.time_zone)
    select count(*) as lots, sum(x.quantity) as offered,
           coalesce((select sum(r.quantity) from app.reservations r join app.lots o on o.id = r.lot_id
                     where r.status = 'picked_up' and coalesce(o.suspended_from, o.id) in (select y.id from listed y)), 0)
               as collected
    into sums from listed x;
    perform app.tell_shop(house.id, 'day_summary', jsonb_build_object(
        'shop', house.name, 'day', today, 'lots', sums.lots, 'offered', sums.offered, 'collected', sums.collected),
        today::text);
end $$;
