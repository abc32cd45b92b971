-- Begin a plan and return all that it is made of; null if it is over already. After three attempts that did not end it, it
-- fails.
-- Called by the job tours.plan, again if its worker died. A collection is in it if it is accepted, comes to the plan's
-- operator, can be taken on that day, and is in no tour but one that the operator proposed. A collector is in it if they are
-- verified, have a profile and are not away; `busy` are their other tours that day.
-- Definer, because the worker may read none of these tables; only the worker may execute it. Locks: the plan.
create or replace function app.begin_plan(plan uuid) returns json
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    begun app.tour_plans;
    -- The day is counted where the operator is.
    zone       text;
    day_begins timestamptz;
    day_ends   timestamptz;
    replaced   uuid[];
begin
    select * into begun from app.tour_plans p where p.id = plan for update;
    if begun.id is null or begun.status in ('done', 'failed') then return null; end if;
    if begun.attempts >= 3 then
        update app.tour_plans p set status = 'failed', because = 'given_up', ended_at = app.clock() where p.id = plan;
        return null;
    end if;
    update app.tour_plans p set status = 'running', attempts = p.attempts + 1, percent = 0 where p.id = plan;
    zone := app.zone_of_operator(begun.association_id);
    day_begins := begun.day::timestamp at time zone zone;
    day_ends := app.end_of_day(begun.day, zone);
    replaced := array(select t.id from app.tours t
                      where (t.day = begun.day or t.ends_at < app.clock()) and t.status = 'proposed'
                        and t.association_id is not distinct from begun.association_id);
    return json_build_object(
        'day', begun.day, 'now', app.clock(), 'day_begins', day_begins, 'day_ends', day_ends,
        'seconds', begun.effort_seconds,
        'chilled_ride_seconds', app.setting_int('chilled_ride_minutes') * 60,
        'road_factor', app.setting_int('road_factor_percent') / 100.0,
        'portion_grams', app.setting_int('meal_grams'), 'crate_grams', app.setting_int('crate_grams'),
        'collections', (select coalesce(json_agg(app.planned_collection(c) order by c.id), '[]')
            from app.collections c
            where c.status = 'accepted'
              and (begun.association_id is null or c.association_id = begun.association_id)
              and c.window_start < day_ends and c.window_end > greatest(day_begins, app.clock())
              and not exists (select from app.stop_tasks k
                              where k.collection_id = c.id and k.living and k.tour_id <> all (replaced))),
        'collectors', (select coalesce(json_agg(app.planned_collector(p, begun.day, replaced) order by p.collector_id), '[]')
            from app.collector_profiles p
            join app.collectors r on r.id = p.collector_id and r.status = 'verified'
            join app.accounts a on a.id = p.collector_id and a.status = 'active'
            where p.away_until is null or p.away_until < begun.day));
end $$;
grant execute on function app.begin_plan(uuid) to ecopanier_worker;
