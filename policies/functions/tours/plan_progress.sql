-- Note how far a running plan is, in percent.
-- Called by the job tours.plan. Definer, because the worker may write no plans; only the worker may execute it.
create or replace function app.plan_progress(plan uuid, percent int) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update app.tour_plans p set percent = plan_progress.percent where p.id = plan and p.status = 'running';
end $$;
grant execute on function app.plan_progress(uuid, int) to ecopanier_worker;
