-- Return the verified associations that say what they take, with how well each fits a collection and why, the best first.
-- Called by collection_suggestions and best_receiver. `hinders` names what speaks against an association; without any of it,
-- the association fits. The score, from 0 to 100, is that of matching_score.
-- Whoever refused this collection before is left out. An association does not receive its own surplus.
-- Definer, because it compares associations that know nothing of one another; only the owner may execute it.
create or replace function app.suggestions_for(collection uuid)
returns table (association_id uuid, name text, distance_m int, score int, hinders text[], facts jsonb)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with asked as (
        select c.*, p.place, cos(radians(p.latitude)) as scale, coalesce(s.above_400_m2, false) as needs_agreement,
               coalesce((select sum(coalesce(i.grams, i.portions * app.setting_int('meal_grams'), i.crates * 8000))
                         from app.collection_items i where i.collection_id = c.id), c.grams)::bigint as weight
        from app.collections c join app.collection_points p on p.id = c.from_point
        left join app.shops s on s.id = c.shop_id
        where c.id = collection),
    one as (
        select a.id, a.name, n.*, q.weight, q.cold, q.food_date_ends_at, q.window_start, q.window_end, q.shop_id,
               q.needs_agreement, a.distributes_in_time,
               round((o.place <-> q.place) * q.scale)::int as metres,
               app.local_day(q.window_end, a.time_zone) as day, (q.window_end at time zone a.time_zone)::time as latest,
               (q.window_start at time zone a.time_zone)::time as earliest,
               (select count(*) filter (where i.category = any (n.takes))::float8 / greatest(count(*), 1)
                from app.collection_items i where i.collection_id = q.id) as taken,
               (select count(*) filter (where i.category = any (n.lacks))::float8 / greatest(count(*), 1)
                from app.collection_items i where i.collection_id = q.id) as lacked
        from asked q cross join app.association_needs n
        join app.associations a on a.id = n.association_id and a.status = 'verified'
        join app.accounts w on w.id = a.owner_id and w.status = 'active'
        join app.collection_points o on o.association_id = a.id and o.kind = 'association' and o.place is not null
        where a.id is distinct from q.giver_id
          and not exists (select from app.collection_changes h where h.collection_id = q.id and h.change = 'refused'
                            and h.details ->> 'association' = a.id::text)),
    weighed as (
        select o.*,
               (select coalesce(sum(c.grams), 0) from app.collections c join app.associations a on a.id = c.association_id
                where c.association_id = o.id and c.id <> collection
                  and c.status in ('accepted', 'scheduled', 'taken', 'delivered', 'received')
                  and app.local_day(c.window_end, a.time_zone) = o.day) as promised,
               (select coalesce(sum(c.grams) filter (where c.cold <> 'none'), 0) from app.collections c
                join app.associations a on a.id = c.association_id
                where c.association_id = o.id and c.id <> collection
                  and c.status in ('accepted', 'scheduled', 'taken', 'delivered', 'received')
                  and app.local_day(c.window_end, a.time_zone) = o.day) as promised_cold,
               (select coalesce(sum(c.grams), 0) from app.collections c
                where c.association_id = o.id and c.status in ('delivered', 'received')
                  and c.window_end > app.clock() - interval '30 days' and c.window_end <= app.clock()) as lately
        from one o)
    select w.id, w.name, w.metres,
           app.matching_score(w.taken, w.lacked, w.metres, w.farthest_metres, (w.promised + w.weight)::bigint, w.grams_a_day,
                              w.lately::bigint, cardinality(w.weekdays)),
           array_remove(array[
               case when w.taken < 1 then 'category' end,
               case when w.metres > w.farthest_metres then 'distance' end,
               case when extract(isodow from w.day) <> all (w.weekdays) then 'weekday' end,
               case when w.earliest >= w.closes or w.latest <= w.opens then 'hours' end,
               case when w.promised + w.weight > w.grams_a_day then 'capacity' end,
               case when w.cold <> 'none' and w.promised_cold + w.weight > w.cold_grams_a_day
                      or w.cold = 'frozen' and not w.frozen then 'cold' end,
               case when app.food_refusal('use_by', w.food_date_ends_at, 'collection', w.window_end, w.distributes_in_time)
                         is not null then 'use_by' end,
               case when w.needs_agreement and not exists (
                   select from app.agreements g where g.association_id = w.id and g.shop_id = w.shop_id
                     and g.status = 'confirmed' and (g.ends_on is null or g.ends_on >= w.day)) then 'agreement' end
           ], null),
           jsonb_build_object('distance_m', w.metres, 'capacity_left_grams', greatest(w.grams_a_day - w.promised, 0),
                              'received_30_days_grams', w.lately, 'lacks', w.lacked > 0, 'cold', w.cold <> 'none')
    from weighed w
$$;
