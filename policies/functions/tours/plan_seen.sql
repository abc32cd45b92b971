-- Return a plan of tours that the caller asked for, or that their association's or the platform's people did; null for any
-- other.
-- Called by GET /v1/tours/plans/{plan_id}. Definer, because no role may read plans: it returns one of the operator's own.
create or replace function app.plan_seen(plan uuid) returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (select json_build_object(
        'id', p.id, 'day', p.day, 'association_id', p.association_id, 'status', p.status, 'percent', p.percent,
        'asked_at', p.asked_at, 'ended_at', p.ended_at, 'planner', p.planner, 'because', p.because, 'tours', p.tours,
        'planned', p.planned, 'unplanned', p.unplanned)
    from app.tour_plans p
    where p.id = plan
      and (app.caller_role() = 'admin'
           or p.association_id = any (array(select app.associations_of(app.caller(), 'staff')))));
end $$;
grant execute on function app.plan_seen(uuid) to authenticated;
