-- Return the state of a report now, as its shop (`at_shop`) or as its holder and admins see it.
-- Called by problem_reports_seen, problem_report_figures, admin_figures, tell_of_answer and decide_problem.
-- Time alone brings a report to the admins, so that nothing is lost while the worker is down. On lots that are free or
-- became free, admins decide whether anything is given back. Their shop does not see that: for it, what it has answered
-- is over.
-- Definer, because it reads a lot that the caller may not see; only the owner may execute it.
create or replace function app.report_status(q app.problem_reports, at_shop boolean) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return case
        when q.answered_at is not null and at_shop then 'answered'
        when q.decided_at is not null then 'decided'
        when q.answered_at is null then
            case when q.kind = 'allergen' or q.answer_by <= app.clock() then 'to_decide' else 'open' end
        when q.outcome = 'give_back' and q.given_back_at is null
             and (select l.kind from app.lots l where l.id = q.lot_id) = 'free' then 'to_decide'
        else 'answered' end;
end $$;
