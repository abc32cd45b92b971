-- Return what the steps of a tour come to (fold_steps), with its tasks, items and steps as the database has them.
-- Called by fold_tour and by step_answer. Definer, because it reads for them; only the owner may execute it.
create or replace function app.steps_of_tour(tour uuid) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    return app.fold_steps(
        (select coalesce(jsonb_agg(jsonb_build_object('number', k.number, 'collection_id', k.collection_id, 'kind', k.kind)), '[]')
         from app.stop_tasks k where k.tour_id = steps_of_tour.tour and (k.living or k.ended_by is not null)),
        (select coalesce(jsonb_agg(jsonb_build_object(
                    'id', i.id, 'collection_id', i.collection_id, 'grams', i.grams, 'crates', i.crates,
                    'portions', i.portions, 'least', l.lowest, 'most', l.highest)), '[]')
         from app.collection_items i
         cross join lateral app.temperature_limit_of(
             i, (select t.day from app.tours t where t.id = steps_of_tour.tour)) l
         where i.collection_id in (select k.collection_id from app.stop_tasks k where k.tour_id = steps_of_tour.tour)),
        (select coalesce(jsonb_agg(jsonb_build_object(
                    'id', s.id, 'number', s.number, 'kind', s.kind, 'at', s.at,
                    'collection_id', coalesce(s.collection_id, (s.details ->> 'collection_id')::uuid),
                    'details', s.details)), '[]')
         from app.tour_steps s where s.tour_id = steps_of_tour.tour));
end $$;
