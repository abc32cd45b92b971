-- Return what was collected in a month, by `shop`, `association`, `collector` or `commune` (of the shop, or of the association
-- that gives): one row each with collections, weights in grams, metres driven, what that emitted, and the trips that were
-- saved because a tour takes several collections. The month is that of the collection's window, where the association is.
-- Called by GET /v1/collections/table and /v1/collections/table.csv. Those who are in a collection see it; admins see all.
-- Who drove is told only to the collector, to whoever plans the tour, and to admins; other tours are one row without a name.
-- Definer, because transport stands in tours that not everybody in a collection may read. It returns sums.
create or replace function app.collections_by_month(month date, dimension text)
returns table (id text, name text, collections int, tours int, trips_saved int, asked_grams bigint, collected_grams bigint,
               accepted_grams bigint, refused_grams bigint, distributed_grams bigint, lost_grams bigint, metres bigint,
               transport_co2e_grams bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    me    uuid := app.caller();
    admin boolean := coalesce(app.caller_role() = 'admin', false);
    mine  uuid[] := array(select app.tours_seen_by(me));
begin
    return query
        select g.id, min(g.name), count(*)::int, count(distinct g.tour)::int,
               (count(g.tour) - count(distinct g.tour))::int,
               sum(g.asked)::bigint, sum(g.taken)::bigint, sum(g.accepted)::bigint,
               sum(case when g.status = 'received' then g.taken - g.accepted else 0 end)::bigint,
               sum(g.distributed)::bigint, sum(g.lost)::bigint, sum(g.metres)::bigint, sum(g.co2e)::bigint
        from (
            select c.status, k.tour_id as tour, w.asked, w.taken, w.accepted, o.distributed, o.lost,
                   coalesce(e.metres, d.metres) as metres, coalesce(e.transport_co2e_grams, d.co2e_grams) as co2e,
                   case dimension when 'shop' then coalesce(c.shop_id, c.giver_id)::text
                                  when 'association' then c.association_id::text
                                  when 'commune' then coalesce(s.insee_code, v.insee_code, '')
                                  else case when admin or t.id = any (mine) then t.collector_id::text end end as id,
                   case dimension when 'shop' then coalesce(s.name, v.name) when 'association' then a.name
                                  when 'commune' then (select p.name from app.places p
                                                       where p.insee_code = coalesce(s.insee_code, v.insee_code))
                                  else case when admin or t.id = any (mine) then b.display_name end end as name
            from app.collections c
            left join app.shops s on s.id = c.shop_id
            left join app.associations v on v.id = c.giver_id
            left join app.associations a on a.id = c.association_id
            left join app.stop_tasks k on k.collection_id = c.id and k.kind = 'take' and k.living
            left join app.tours t on t.id = k.tour_id
            left join app.accounts b on b.id = t.collector_id
            left join app.collected_impact e on e.collection_id = c.id
            cross join lateral app.transport_of(c.id) d
            cross join lateral (
                select coalesce(sum(app.item_grams(i.grams, i.portions, i.lot_id)), 0) as asked,
                       coalesce(sum(app.item_grams(i.taken_grams, i.taken_portions, i.lot_id)), 0) as taken,
                       coalesce(sum(app.item_grams(i.accepted_grams, i.accepted_portions, i.lot_id)), 0) as accepted
                from app.collection_items i where i.collection_id = c.id) w
            cross join lateral (
                select coalesce(sum(x.grams) filter (where x.outcome = 'distributed'), 0) as distributed,
                       coalesce(sum(x.grams) filter (where x.outcome <> 'distributed'), 0) as lost
                from app.collection_outcomes x where x.collection_id = c.id) o
            where c.status in ('taken', 'delivered', 'received')
              and c.window_start >= month - 1 and c.window_start < month + interval '33 days'
              and date_trunc('month', app.local_day(c.window_start, a.time_zone)) = month
              and (admin or c.id in (select app.collections_seen_by(me)))) g
        group by g.id
        order by sum(g.taken) desc, g.id nulls last;
end $$;
grant execute on function app.collections_by_month(date, text) to authenticated;
