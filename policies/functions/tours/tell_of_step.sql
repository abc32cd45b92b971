-- Tell those concerned of an incident that a collector reported, or of a temperature that broke a cold chain.
-- Called by take_step, once for each step. Definer, because nobody may write notices; only the owner may execute it.
create or replace function app.tell_of_step(step uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    s     app.tour_steps;
    about uuid;
begin
    select x.* into s from app.tour_steps x where x.id = step;
    for about in select c from app.collections_of_step(step) as c order by c loop
        if s.kind = 'incident' then
            perform app.tell_of_collection(about, 'collection_incident', jsonb_build_object(
                'reason', s.details #>> '{incident,reason}', 'note', s.details #>> '{incident,note}'));
        elsif exists (select from app.collection_items i
                      where i.collection_id = about and i.frozen_because = 'cold_chain' and i.frozen_at = s.at) then
            perform app.tell_of_collection(about, 'collection_incident', jsonb_build_object(
                'reason', 'cold_chain', 'note', null));
        end if;
    end loop;
end $$;
