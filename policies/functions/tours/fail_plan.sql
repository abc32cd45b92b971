-- End a running plan that cannot be made, and say why.
-- Called by the job tours.plan. Definer, because the worker may write no plans; only the worker may execute it.
create or replace function app.fail_plan(plan uuid, why text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update app.tour_plans p set status = 'failed', because = why, ended_at = app.clock()
    where p.id = plan and p.status = 'running';
end $$;
grant execute on function app.fail_plan(uuid, text) to ecopanier_worker;
