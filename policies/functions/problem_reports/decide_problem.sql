-- Decide a problem report as an admin, once; freeze its lot if `freeze_because` says why.
-- Called by POST /v1/problem-reports/{report_id}/decide. An admin may also decide before the shop's time is over, but not
-- what the shop has answered, unless that waits for an admin (report_status). The shop reads that it is decided, not what:
-- money that goes back for one portion and not for another would tell them apart. A lot that is over is not frozen.
-- Definer, because nobody may write reports. Only an admin gets through.
-- Locks: those of take_down_lot; then the report (policies/LOCKS.md).
create or replace function app.decide_problem(
    report uuid, wanted_outcome text, wanted_share int, said text, freeze_because text default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    q app.problem_reports;
begin
    if app.caller_role() is distinct from 'admin' then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    select * into q from app.problem_reports x where x.id = report;
    if not found then raise exception 'problem_report.not_found' using errcode = 'EP404'; end if;
    if freeze_because is not null and exists (
        select from app.lots l where l.id = q.lot_id and l.status in ('published', 'paused')) then
        perform app.take_down_lot(q.lot_id, freeze_because);
    end if;

    select * into q from app.problem_reports x where x.id = report for update;
    if q.decided_at is not null then raise exception 'problem_report.decided' using errcode = 'EP409'; end if;
    if q.answered_at is not null and app.report_status(q, false) <> 'to_decide' then
        raise exception 'problem_report.answered' using errcode = 'EP409';
    end if;
    if wanted_outcome = 'give_back' and (app.report_money(q.reservation_id)).cents = 0 then
        raise exception 'problem_report.nothing_paid' using errcode = 'EP409';
    end if;
    update app.problem_reports x
    set decision = wanted_outcome, decided_share = wanted_share, decision_text = said, decided_at = app.clock(),
        to_tell = true
    where x.id = report;
    perform app.note('problem_report.decided', 'problem_report', report, jsonb_build_object(
        'outcome', wanted_outcome, 'frozen', freeze_because is not null));
end $$;
grant execute on function app.decide_problem(uuid, text, int, text, text) to authenticated;
