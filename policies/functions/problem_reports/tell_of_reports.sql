-- Tell up to `most` holders what the shop answered or an admin decided, and admins of up to `most` reports that wait for
-- them by now, and remind admins of up to `most` that nobody decided 5 days before their lot is closed without a decision
-- (report_decision_days); return how many.
-- Called by the worker every 5 seconds. A report waits for admins by its time alone (report_status); they are told here.
-- Nobody is told by answer_problem itself: whom to tell, and by which channels, depends on the holder, and on lots that
-- are free admins are told too. The time that an answer takes would tell the shop.
-- Definer, because it reads everybody's reports; only the worker may execute it.
-- Locks: the reports, skipping those that are locked.
create or replace function app.tell_of_reports(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    report uuid;
    told   int := 0;
begin
    for report in
        select q.id from app.problem_reports q where q.to_tell order by q.id limit most for update skip locked
    loop
        perform app.tell_of_answer(report);
        update app.problem_reports q set to_tell = false where q.id = report;
        told := told + 1;
    end loop;
    for report in
        select q.id from app.problem_reports q join app.lots l on l.id = q.lot_id
        where q.given_back_at is null
          and (q.decision = 'give_back' or q.decision is null and (q.outcome is null or q.outcome = 'give_back'))
          and q.decision is null and q.admins_told_at is null
          and (q.outcome is null and q.answer_by <= app.clock() or q.outcome = 'give_back' and l.kind = 'free')
        order by q.id limit most for update of q skip locked
    loop
        perform app.tell_admins_of_report(report);
        told := told + 1;
    end loop;
    for report in
        select q.id from app.problem_reports q join app.lots l on l.id = q.lot_id
        where q.given_back_at is null
          and (q.decision = 'give_back' or q.decision is null and (q.outcome is null or q.outcome = 'give_back'))
          and q.decision is null and q.admins_told_at is not null and q.admins_reminded_at is null
          and (q.outcome is null or l.kind = 'free')
          and q.reported_at + make_interval(days => app.setting_int('report_decision_days') - 5) <= app.clock()
        order by q.id limit most for update of q skip locked
    loop
        perform app.remind_admins_of_report(report);
        told := told + 1;
    end loop;
    return told;
end $$;
grant execute on function app.tell_of_reports(int) to ecopanier_worker;
