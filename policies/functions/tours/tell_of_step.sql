-- Tell those concerned of an incident that a collector reported, or of a temperature that broke a cold chain.
-- Called by take_step, once for each step. Definer, because nobody may write notices; only the owner may execute it.
create or replace function app.tell_of_step(step uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    s      app.tour_steps;
    about  uuid;
    reason text;
begin
    select x.* into s from app.tour_steps x where x.id = step;
    for about in select c from app.collections_of_step(step) as c order by c loop
        if s.kind = 'incident' then
            reason := s.details #>> '{incident,reason}';
            perform app.tell_of_collection(about, 'collection_incident', jsonb_build_object(
                'kind', case when reason = 'cold_chain' then 'cold'
                             when reason in ('closed', 'nobody', 'missing', 'refused') then reason else 'other' end,
                'next', (select case app.what_follows(reason, k.kind) when 'unschedule' then 'reassigned'
                                     when 'freeze' then 'frozen' when 'fail' then 'failed' end
                         from app.stop_tasks k where k.tour_id = s.tour_id and k.collection_id = about
                         order by k.number = s.number desc, k.kind desc limit 1)));
        elsif exists (select from app.collection_items i
                      where i.collection_id = about and i.frozen_because = 'cold_chain' and i.frozen_at = s.at) then
            perform app.tell_of_collection(about, 'collection_incident',
                                           jsonb_build_object('kind', 'cold', 'next', 'frozen'));
        end if;
    end loop;
end $$;
