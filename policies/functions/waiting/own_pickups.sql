-- Return ids and JSON of up to `most` reservations of the caller that are older than `before` (null: the newest), newest
-- first, and the JSON of their waiting-list entries that still run: at most 100, and only without `before`.
-- Called by GET /v1/me/pickups, as the caller. Row-level security shows their own rows. What their lots are comes from
-- functions, because holders may no longer be allowed to see the lots. Reservations to give are listed as suspended lots.
create or replace function app.own_pickups(
    before uuid, most int, out ids uuid[], out reservations text[], out waiting text[])
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    select coalesce(array_agg(n.id order by n.id desc), '{}'), coalesce(array_agg(n.shown order by n.id desc), '{}')
    into ids, reservations
    from (select r.id, json_build_object(
              'id', r.id, 'lot_id', r.lot_id, 'title', w.title, 'quantity', r.quantity, 'status', r.status,
              'unit_price_cents', r.unit_price_cents, 'total_cents', r.unit_price_cents * r.quantity,
              'hold_until', r.hold_until, 'pickup_start', w.pickup_start, 'pickup_end', w.pickup_end,
              'created_at', r.created_at, 'station', null, 'shown_at', null,
              'shop', json_build_object('id', s.id, 'name', s.name, 'address', s.address, 'latitude', s.latitude,
                                        'longitude', s.longitude, 'category', s.category,
                                        'time_zone', s.time_zone))::text as shown
          from app.reservations r
          cross join lateral app.what_was_reserved(r.id) w
          join app.shops s on s.id = w.shop_id
          where r.purpose = 'collect' and r.id < coalesce(before, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
          order by r.id desc limit most) n;
    waiting := '{}';
    if before is not null then return; end if;
    select coalesce(array_agg(n.shown order by n.id desc), '{}') into waiting
    from (select e.id, json_build_object(
              'id', e.id, 'lot_id', e.lot_id, 'title', w.title, 'quantity', e.quantity, 'status', e.status,
              'place', w.place, 'offered', e.offered, 'offer_until', e.offer_until,
              'reservation_id', e.reservation_id, 'pickup_start', w.pickup_start, 'pickup_end', w.pickup_end,
              'created_at', e.created_at, 'shop', w.shop)::text as shown
          from app.waiting e cross join lateral app.what_is_waited_for(e.id) w
          where e.status in ('waiting', 'offered') order by e.id desc limit 100) n;
end $$;
grant execute on function app.own_pickups(uuid, int) to authenticated;
