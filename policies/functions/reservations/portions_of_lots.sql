-- Return how many portions of a shop's lots were handed over, how many are still awaited, and the pickups that a station
-- reported later. Of one lot if `only_lot` names it, otherwise of lots whose pickup window is not over by `since`.
-- EP404 unless the caller is owner or staff there.
-- Called by GET /v1/shops/{shop_id}/day, as somebody who works for the shop.
-- Definer for the reason of reservations_at_counter: it sums up what that function shows. A held portion counts as
-- awaited like a paid one, and a suspended portion counts under the lot that its merchant listed.
create or replace function app.portions_of_lots(
    shop uuid, since timestamptz, only_lot uuid default null,
    out lot_id uuid, out handed int, out awaited int, out late json) returns setof record
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
declare
    lots uuid[];
begin
    if portions_of_lots.shop <> all (array(select app.shops_of(app.caller(), 'staff'))) then
        raise exception 'shop.not_found' using errcode = 'EP404';
    end if;
    lots := array(
        select l.id from app.lots l
        where l.shop_id = portions_of_lots.shop
          and case when only_lot is null then l.pickup_end > since else only_lot in (l.id, l.suspended_from) end);
    return query
        select coalesce(l.suspended_from, l.id),
               coalesce(sum(r.quantity) filter (where r.status = 'picked_up'), 0)::int,
               coalesce(sum(r.quantity) filter (where r.status in ('held', 'confirmed')), 0)::int,
               coalesce(json_agg(json_build_object('quantity', r.quantity, 'shown_at', r.shown_at,
                                                   'reported_at', r.ended_at, 'station', t.name)
                                 order by r.shown_at, r.id) filter (where r.shown_at is not null), '[]')
        from app.reservations r join app.lots l on l.id = r.lot_id left join app.stations t on t.id = r.station_id
        where r.purpose = 'collect' and r.lot_id = any (lots)
        group by 1;
end $$;
grant execute on function app.portions_of_lots(uuid, timestamptz, uuid) to authenticated;
