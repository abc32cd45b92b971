-- Answer a problem report for its shop, once.
-- Called by POST /v1/problem-reports/{report_id}/answer, as an owner or staff of the shop. It does the same work for
-- every kind of lot and holder: the worker tells the holder (tell_of_reports) and gives back what is to be given back
-- (give_back_reported). Once the report is with the admins, which its time says, the shop answers no more.
-- Definer, because nobody may write reports: only those of the caller's own shops.
-- Locks: the report.
create or replace function app.answer_problem(report uuid, wanted_outcome text, wanted_share int, said text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment timestamptz := app.clock();
    q      app.problem_reports;
begin
    select * into q from app.problem_reports x where x.id = report for update;
    if not found or q.shop_id <> all (array(select app.shops_of(app.caller(), 'reader'))) then
        raise exception 'problem_report.not_found' using errcode = 'EP404';
    elsif q.shop_id <> all (array(select app.shops_of(app.caller(), 'staff'))) then
        raise exception 'access.forbidden' using errcode = 'EP403';
    elsif q.account_id = app.caller() then  -- whoever works there does not give themselves their money back
        raise exception 'access.forbidden' using errcode = 'EP403';
    elsif q.answered_at is not null then
        raise exception 'problem_report.answered' using errcode = 'EP409';
    elsif q.decided_at is not null or q.kind = 'allergen' or q.answer_by <= moment then
        raise exception 'problem_report.with_admins' using errcode = 'EP409';
    end if;
    update app.problem_reports x
    set outcome = wanted_outcome, share = wanted_share, answer = said, answered_at = moment, to_tell = true
    where x.id = report;
    perform app.note('problem_report.answered', 'problem_report', report, jsonb_build_object('outcome', wanted_outcome));
end $$;
grant execute on function app.answer_problem(uuid, text, int, text) to authenticated;
