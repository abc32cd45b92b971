-- Refund what shops offered and admins decided, for up to `most` reports whose lot is over. Returns how many reports.
-- Called by the worker every 5 seconds. A paid portion is refunded to its holder, a given one to its donor. What shops
-- offer on lots that are free or became free waits for an admin. The lot must be over, so that nothing can be collected,
-- cancelled or counted any more: what was given back by then is not given back again.
-- Of given portions nobody knows which gift was collected by whom; they count from the oldest gift on, as in
-- close_suspended. A gift that is settled gets a larger refund; otherwise settle_suspended refunds it with the rest.
-- Definer, because it writes everybody's payments; only the worker may execute it.
-- Locks: the report, gifts and payments. It waits for none of them: what is locked is left for the next time
-- (policies/LOCKS.md).
create or replace function app.give_back_reported(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    due    record;
    back   int;
    handled int := 0;
begin
    for due in
        select q.id, q.reservation_id, case when q.decision is null then q.share else q.decided_share end as share,
               r.lot_id, r.quantity, l.suspended_from,
               r.status in ('picked_up', 'no_show') or r.ended_because = 'holder_late' as paid_for
        from app.problem_reports q
        join app.reservations r on r.id = q.reservation_id
        join app.lots l on l.id = r.lot_id
        join app.lots listed on listed.id = q.lot_id
        where q.given_back_at is null
          and (q.decision = 'give_back' or q.decision is null and q.outcome = 'give_back' and listed.kind <> 'free')
          and l.status in ('ended', 'withdrawn', 'recalled') and r.status not in ('held', 'confirmed')
          and not exists (select from app.suspended_portions t where t.lot_id = l.id and t.collected is null)
        order by q.id limit most
    loop
        begin
            perform from app.problem_reports q where q.id = due.id and q.given_back_at is null for update nowait;
            continue when not found;
            back := case when due.suspended_from is null then app.give_back_to_holder(due.reservation_id, due.share)
                         when due.paid_for then app.give_back_to_donors(due.id, due.lot_id, due.quantity, due.share)
                         else 0 end;  -- its shop could not hand it over: the gift is refunded or moves
            update app.problem_reports q set given_back_at = app.clock(), given_back_cents = back where q.id = due.id;
            perform app.note('problem_report.given_back', 'problem_report', due.id, jsonb_build_object('cents', back));
            handled := handled + 1;
        exception when lock_not_available then
            null;
        end;
    end loop;
    return handled;
end $$;
grant execute on function app.give_back_reported(int) to ecopanier_worker;
