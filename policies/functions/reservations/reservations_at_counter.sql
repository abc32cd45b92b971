-- Return up to `most` reservations of the caller's shops, newest first: all, those before `before`, or only `wanted`.
-- Of one shop if `only_shop` names it; EP404 unless the caller is owner or staff there. Of one lot if `only_lot` names it;
-- of lots whose pickup window is not over by `since`; with the status `only_status`, as it is shown here.
-- Called by GET /v1/reservations, GET /v1/reservations.csv and GET /v1/reservations/{reservation_id}, as somebody who works for a shop.
-- Definer instead of a policy, so that nothing tells a suspended or free portion from a paid one
-- (docs/decisions/what-merchants-see-of-reservations.md). It returns no person and no price. A suspended portion shows
-- the lot that its merchant listed, and the gift behind it is left out. Only reservations of the caller's own shops.
create or replace function app.reservations_at_counter(
    most int, before uuid default null, wanted uuid default null, only_shop uuid default null,
    only_lot uuid default null, since timestamptz default null, only_status text default null,
    out id uuid, out lot_id uuid, out title text, out quantity int, out status text, out pickup_start timestamptz,
    out pickup_end timestamptz, out created_at timestamptz, out station text,
    out shown_at timestamptz) returns setof record
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
    shops uuid[] := array(select app.shops_of(app.caller(), 'staff'));
    lots  uuid[];
begin
    if only_shop is not null then
        if only_shop <> all (shops) then raise exception 'shop.not_found' using errcode = 'EP404'; end if;
        shops := array[only_shop];
    end if;
    -- The lot that is shown decides, so that suspended portions come with the lot that they are shown under.
    lots := array(
        select l.id from app.lots l
        where l.shop_id = any (shops)
          and (only_lot is null or l.id = only_lot and l.suspended_from is null or l.suspended_from = only_lot)
          and (since is null or l.pickup_end > since));
    -- Search from the shop's lots. From the newest reservations, a quiet shop's would be looked for among everybody's.
    return query
        with own as materialized (
            select r.id, r.lot_id, r.quantity, r.created_at, r.station_id, r.shown_at,
                   -- Only discounted portions are ever held or expire, so neither may be seen.
                   case r.status when 'held' then 'confirmed' when 'expired' then 'cancelled' else r.status end as shown_as
            from app.reservations r
            where r.purpose = 'collect' and r.lot_id = any (lots)
              and r.id between coalesce(wanted, '00000000-0000-0000-0000-000000000000')
                           and coalesce(wanted, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
              and (before is null or r.id < before)),
        newest as (select o.* from own o where only_status is null or o.shown_as = only_status order by o.id desc limit most)
        select r.id, coalesce(l.suspended_from, l.id), l.title, r.quantity, r.shown_as,
               l.pickup_start, l.pickup_end, r.created_at, t.name, r.shown_at
        from newest r join app.lots l on l.id = r.lot_id left join app.stations t on t.id = r.station_id
        order by r.id desc;
end $$;
grant execute on function app.reservations_at_counter(int, uuid, uuid, uuid, uuid, timestamptz, text) to authenticated;
