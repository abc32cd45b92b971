-- Return a step with what it came to, as POST /v1/tours/{tour_id}/stops/{number}/steps answers: whether it counts, its stop,
-- and the collections that it is about with what of them was taken, left and frozen.
-- Called by take_step, which checks whose it is. Definer, because it reads for it; only the owner may execute it.
create or replace function app.step_answer(step uuid) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    s     app.tour_steps;
    about uuid[];
begin
    select x.* into s from app.tour_steps x where x.id = step;
    about := array(select c from app.collections_of_step(step) as c order by c);
    return jsonb_build_object(
        'step_id', s.id, 'kind', s.kind, 'at', s.at, 'received_at', s.received_at,
        'waits', case
            when s.collection_id is null and s.details ? 'collection_id' and cardinality(about) = 0 then true
            when s.kind = 'left' then exists (
                select from app.collections c where c.id = any (about) and c.status = 'scheduled')
            else false end,
        'stop', (select jsonb_build_object('number', p.number, 'state', p.state, 'arrived_at', p.arrived_at,
                                           'ended_at', p.ended_at)
                 from app.tour_stops p where p.tour_id = s.tour_id and p.number = s.number),
        'collections', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'id', c.id, 'status', c.status, 'items', (
                    select coalesce(jsonb_agg(jsonb_build_object(
                        'item_id', i.id, 'title', i.title,
                        'taken_grams', i.taken_grams, 'taken_crates', i.taken_crates, 'taken_portions', i.taken_portions,
                        'left_grams', i.left_grams, 'left_crates', i.left_crates, 'left_portions', i.left_portions,
                        'frozen_because', i.frozen_because) order by i.id), '[]')
                    from app.collection_items i where i.collection_id = c.id)) order by c.id), '[]')
            from app.collections c where c.id = any (about)));
end $$;
