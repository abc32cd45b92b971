-- Return the sums of a reception, as JSON: grams taken, accepted and refused, what was declared of them, and the impact. Null
-- if the caller does not see the collection, or nobody received it yet.
-- Called by POST and GET /v1/collections/{collection_id}/reception and by the route that declares outcomes.
-- Definer, because nobody may read the impact of collections; it lets through whoever sees the collection.
create or replace function app.reception_of(collection uuid) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    if app.caller_role() is distinct from 'admin'
       and reception_of.collection not in (select app.collections_seen_by(app.caller())) then
        return null;
    end if;
    return (
        select jsonb_build_object(
            'collection_id', c.id, 'received_at', c.received_at, 'degrees', c.received_degrees,
            'taken_grams', w.taken, 'accepted_grams', w.accepted, 'refused_grams', w.taken - w.accepted,
            'distributed_grams', coalesce(o.distributed, 0), 'lost_grams', coalesce(o.lost, 0),
            'undeclared_grams', w.accepted - coalesce(o.distributed, 0) - coalesce(o.lost, 0),
            'food_grams', coalesce(e.food_grams, 0), 'meals', coalesce(round(e.meals, 1), 0),
            'co2e_kg', coalesce(round(e.co2e_grams / 1000.0, 1), 0),
            'transport_co2e_kg', coalesce(round(e.transport_co2e_grams / 1000.0, 1), 0),
            'transport_km', coalesce(round(e.metres / 1000.0, 1), 0), 'vehicle', e.vehicle)
        from app.collections c
        left join app.collected_impact e on e.collection_id = c.id
        cross join lateral (
            select coalesce(sum(app.item_grams(i.taken_grams, i.taken_portions, i.lot_id)), 0) as taken,
                   coalesce(sum(app.item_grams(i.accepted_grams, i.accepted_portions, i.lot_id)), 0) as accepted
            from app.collection_items i where i.collection_id = c.id) w
        cross join lateral (
            select sum(x.grams) filter (where x.outcome = 'distributed') as distributed,
                   sum(x.grams) filter (where x.outcome <> 'distributed') as lost
            from app.collection_outcomes x where x.collection_id = c.id) o
        where c.id = reception_of.collection and c.status = 'received');
end $$;
grant execute on function app.reception_of(uuid) to authenticated;
