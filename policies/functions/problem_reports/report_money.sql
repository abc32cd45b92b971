-- Return who would get money back for a reported reservation, `holder` or `donor`, and how many cents in all; null and 0
-- if nobody paid or it was given back already.
-- Called by problem_reports_seen for admins, and by decide_problem.
-- Definer, because it reads everybody's payments; only the owner may execute it.
create or replace function app.report_money(reservation uuid, out goes_to text, out cents int)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    cents := 0;
    select case when l.suspended_from is null then 'holder' else 'donor' end,
           case when l.suspended_from is null then p.amount_cents else r.quantity * l.given_price_cents end
    into goes_to, cents
    from app.reservations r join app.lots l on l.id = r.lot_id
    left join app.payments p on p.reservation_id = r.id
    where r.id = reservation
      and (l.suspended_from is null and p.status = 'succeeded'
           -- Given portions are paid for those who did not come, too (close_suspended).
           or l.suspended_from is not null
              and (r.status in ('picked_up', 'no_show') or r.status = 'cancelled' and r.ended_because = 'holder_late'));
    cents := coalesce(cents, 0);
end $$;
