-- Tell the holder of a reported reservation what the shop answered, or what an admin decided.
-- Called by tell_of_reports. `waits`: the shop offers to give back what an admin still has to decide.
-- Definer, because it reads everybody's reports; only the owner may execute it.
create or replace function app.tell_of_answer(report uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.notify(
        q.account_id, 'problem_report_answered',
        jsonb_build_object(
            'lot', app.lot_told(q.lot_id), 'by_shop', q.decision is null, 'outcome', coalesce(q.decision, q.outcome),
            'share', case when q.decision is null then q.share else q.decided_share end,
            'words', coalesce(q.decision_text, q.answer), 'waits', app.report_status(q, false) = 'to_decide'),
        q.id || ' ' || coalesce(q.decided_at, q.answered_at), null, q.id)
    from app.problem_reports q where q.id = report;
end $$;
