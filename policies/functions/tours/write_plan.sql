-- Write the tours of a plan and end it: the operator's proposed tours of the day, and those that
-- nobody accepted in time, go; the new ones come, all or nothing.
-- Called by the job tours.plan. `made`: a list of {collector_id, begins_at, ends_at, metres, stops: [{point_id, arrives_at,
-- leaves_at, tasks: [{collection_id, version, kind}]}]}. What changed since begin_plan read it is left out and listed as
-- unplanned: a collection that is not accepted any more or was edited. A plan that is over stays as it is.
-- Definer, because the worker may write none of these tables; only the worker may execute it.
-- Locks: the plan, then collections in the order of ids, then the tours that go.
create or replace function app.write_plan(plan uuid, made jsonb, left_out jsonb, planner text, because text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    begun   app.tour_plans;
    usable  uuid[];
    changed jsonb;
    one     jsonb;
    tour    uuid;
begin
    select * into begun from app.tour_plans p where p.id = plan for update;
    if begun.status is distinct from 'running' then return; end if;

    perform from app.collections c
    where c.id in (select (k ->> 'collection_id')::uuid
                   from jsonb_array_elements(made) m, jsonb_array_elements(m -> 'stops') s,
                        jsonb_array_elements(s -> 'tasks') k)
    order by c.id for update;

    perform from app.tours t
    where (t.day = begun.day or t.ends_at < app.clock()) and t.status = 'proposed' and t.association_id is not distinct from begun.association_id
    order by t.id for update;
    delete from app.tours t
    where (t.day = begun.day or t.ends_at < app.clock()) and t.status = 'proposed' and t.association_id is not distinct from begun.association_id;

    usable := array(
        select c.id from app.collections c
        join (select distinct (k ->> 'collection_id')::uuid as id, (k ->> 'version')::int as version
              from jsonb_array_elements(made) m, jsonb_array_elements(m -> 'stops') s,
                   jsonb_array_elements(s -> 'tasks') k) w on w.id = c.id and w.version = c.version
        where c.status = 'accepted'
          and not exists (select from app.stop_tasks k where k.collection_id = c.id and k.living));
    changed := (
        select coalesce(jsonb_agg(distinct jsonb_build_object('collection_id', k ->> 'collection_id', 'reason', 'changed')),
                        '[]')
        from jsonb_array_elements(made) m, jsonb_array_elements(m -> 'stops') s, jsonb_array_elements(s -> 'tasks') k
        where (k ->> 'collection_id')::uuid <> all (usable));

    for one in select m from jsonb_array_elements(made) with ordinality e(m, at) order by at loop
        if not exists (select from jsonb_array_elements(one -> 'stops') s, jsonb_array_elements(s -> 'tasks') k
                       where (k ->> 'collection_id')::uuid = any (usable)) then
            continue;
        end if;
        insert into app.tours (day, collector_id, association_id, planner, begins_at, ends_at, metres, plan_id, created_at)
        values (begun.day, (one ->> 'collector_id')::uuid, begun.association_id, write_plan.planner,
                (one ->> 'begins_at')::timestamptz, (one ->> 'ends_at')::timestamptz, (one ->> 'metres')::int, plan,
                app.clock())
        returning id into tour;
        perform app.write_stops(tour, one -> 'stops', usable);
        perform app.tell_of_tour(t, 'tour_offered') from app.tours t where t.id = tour;
    end loop;

    update app.tour_plans p
    set status = 'done', percent = 100, ended_at = app.clock(), planner = write_plan.planner, because = write_plan.because,
        unplanned = left_out || changed, planned = cardinality(usable),
        tours = (select count(*) from app.tours t where t.plan_id = plan)
    where p.id = plan;
end $$;
grant execute on function app.write_plan(uuid, jsonb, jsonb, text, text) to ecopanier_worker;
