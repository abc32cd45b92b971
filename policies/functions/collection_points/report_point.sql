-- Note how full the containers of a point are, in percent.
-- Called by POST /v1/collection-points/{point_id}/reports, as somebody who works there or an admin.
-- Definer, because no role may write reports. Locks: the point.
create or replace function app.report_point(point uuid, percent int) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.point_to_change(point);
    insert into app.point_reports (point_id, at, percent, by_account)
    values (point, app.clock(), report_point.percent, app.caller());
end $$;
grant execute on function app.report_point(uuid, int) to authenticated;
