-- Return the ids of the collections that a step is about: the one that it names, or all that are taken or left at its stop;
-- nothing while the tour does not have the one that it names.
-- Called by step_answer and tell_of_step. Definer, because it reads for them; only the owner may execute it.
create or replace function app.collections_of_step(step uuid) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    return query
        select distinct k.collection_id from app.tour_steps s join app.stop_tasks k on k.tour_id = s.tour_id
        where s.id = step and (k.living or k.ended_by is not null)
          and coalesce(k.collection_id = coalesce(s.collection_id, (s.details ->> 'collection_id')::uuid),
                       k.number = s.number or s.kind = 'incident' and s.details #>> '{incident,reason}' = 'accident');
end $$;
