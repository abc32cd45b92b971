-- Return the day of a shop as JSON: the shop, its lots from today on with their portions, what is to do, and the figures of
-- the last seven days. With `only_lot` that lot only, whatever its day and status, and nothing to do.
-- Called by GET /v1/shops/{shop_id}/day, as owner or staff of the shop; to anybody else the shop does not exist.
-- Portions count the same whoever reserved them: a held portion counts as awaited like a paid one, and a suspended portion
-- counts under the lot that its merchant listed, which is the only one that the shop sees. Pickups that a station reported
-- later have the device's name. Agreements are for owners. A report is open as the shop sees it: see report_status.
-- Definer for the reason of reservations_at_counter: it sums up what that function shows.
create or replace function app.shop_day(shop uuid, only_lot uuid default null) returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
declare
    house    json := app.workplace(shop);
    zone     text := house ->> 'time_zone';
    today    date := app.local_day(app.clock(), zone);
    midnight timestamptz := today::timestamp at time zone zone;
begin
    if house ->> 'role' not in ('owner', 'staff') then raise exception 'shop.not_found' using errcode = 'EP404'; end if;
    return (
        with shown as materialized (
            select n.*, b.id as beside
            from (select l.* from app.lots l
                  where only_lot is null and l.shop_id = shop_day.shop and l.suspended_from is null
                    and l.pickup_end > midnight and l.status in ('published', 'paused', 'ended')
                  union all
                  select l.* from app.lots l
                  where l.id = only_lot and l.shop_id = shop_day.shop and l.suspended_from is null
                  order by pickup_start, id limit 200) n
            left join app.lots b on b.suspended_from = n.id),
        offers as (
            select s.id, s.id as lot_id from shown s
            union all
            select s.id, s.beside from shown s where s.beside is not null),
        portions as (
            select o.id, coalesce(sum(r.quantity) filter (where r.status = 'picked_up'), 0) as handed,
                   coalesce(sum(r.quantity) filter (where r.status in ('held', 'confirmed')), 0) as awaited,
                   coalesce(json_agg(json_build_object('quantity', r.quantity, 'shown_at', r.shown_at,
                                                       'reported_at', r.ended_at, 'station', t.name)
                                     order by r.shown_at, r.id) filter (where r.shown_at is not null), '[]') as late
            from offers o
            join app.reservations r on r.lot_id = o.lot_id and r.purpose = 'collect'
            left join app.stations t on t.id = r.station_id
            group by o.id),
        due as (
            (select 1 as place, 'report' as kind, q.id, l.title
             from app.problem_reports q join app.lots l on l.id = q.lot_id
             where only_lot is null and q.shop_id = shop_day.shop and q.answered_at is null and q.decided_at is null
               and app.report_status(q, true) = 'open' order by q.id desc limit 50)
            union all
            (select 2, 'recurring', g.id, g.title from app.recurring_listings g
             where only_lot is null and g.shop_id = shop_day.shop and g.active and g.last_problem is not null
             order by g.id limit 50)
            union all
            (select 3, 'agreement', a.id, n.name from app.agreements a join app.associations n on n.id = a.association_id
             where only_lot is null and a.shop_id = shop_day.shop and a.status = 'proposed' and house ->> 'role' = 'owner'
             order by a.id limit 50)
            union all
            (select 4, 'draft', l.id, l.title from app.lots l
             where only_lot is null and l.shop_id = shop_day.shop and l.status = 'draft' and l.suspended_from is null
             order by l.id desc limit 50))
        select json_build_object(
            'shop', house,
            'lots', (
                select coalesce(json_agg(json_build_object(
                           'id', s.id, 'title', s.title, 'kind', s.kind, 'status', s.status, 'quantity', s.quantity,
                           'remaining', k.remaining, 'pickup_start', s.pickup_start, 'pickup_end', s.pickup_end,
                           'handed', coalesce(p.handed, 0), 'awaited', coalesce(p.awaited, 0),
                           'late', coalesce(p.late, '[]')) order by s.pickup_start, s.id), '[]')
                from shown s join app.lot_stock k on k.lot_id = s.id left join portions p on p.id = s.id),
            'to_do', (
                select coalesce(json_agg(json_build_object('kind', d.kind, 'id', d.id, 'title', d.title)
                                         order by d.place, d.id desc), '[]')
                from due d),
            'week', case when only_lot is null then (
                select json_build_object('from', today - 7, 'to', today - 1, 'collected', coalesce(sum(f.collected), 0),
                                         'food_kg', coalesce(round(sum(f.food_grams) / 1000, 1), 0),
                                         'revenue_cents', coalesce(sum(f.revenue_cents), 0))
                from app.figures_by_day(shop_day.shop, zone, today - 7, today - 1) f) end));
end $$;
grant execute on function app.shop_day(uuid, uuid) to authenticated;
