-- Tell all admins until when a problem report that nobody decided holds back the money of its lot, and note that they were
-- told.
-- Called by tell_of_reports, which holds the report's lock. Only the owner may execute it.
create or replace function app.remind_admins_of_report(report uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    q app.problem_reports;
begin
    update app.problem_reports x set admins_reminded_at = app.clock() where x.id = report returning x.* into q;
    perform app.notify(
        a.id, 'report_undecided',
        jsonb_build_object('lot', app.lot_told(q.lot_id), 'reported_at', q.reported_at, 'holds_until',
                           q.reported_at + make_interval(days => app.setting_int('report_decision_days'))),
        q.id::text, q.account_id, q.id)
    from app.accounts a where a.role = 'admin' and a.status = 'active' order by a.id;
end $$;
