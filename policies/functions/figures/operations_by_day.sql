-- Return how many accounts and shops came on each of these days in Paris, how many mails were refused for good, and how
-- many problems were reported.
-- Called by app.figures for admins. `since` and `until` are the first and the last day; days on which nothing happened
-- are left out. Strict: figures of a shop pass null, so that nothing is read. Accounts that were erased since are not
-- counted, because nothing tells any more when they came. A shop counts on the day when it was first verified. Deliveries
-- of mails are kept for 90 days, problem reports for a year.
-- Definer, because it reads everybody's accounts; only the owner may execute it.
create or replace function app.operations_by_day(
    since date, until date,
    out day date, out new_customers bigint, out new_merchants bigint, out new_beneficiaries bigint,
    out new_collectors bigint, out new_associations bigint, out new_admins bigint, out shops_verified bigint,
    out mails_failed bigint, out reports bigint)
returns setof record
language plpgsql stable strict security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
declare
    begins timestamptz := since::timestamp at time zone 'Europe/Paris';
    ends   timestamptz := (until + 1)::timestamp at time zone 'Europe/Paris';
begin
    return query
    with happened as (
        select c.came_on as day, c.kind as what, c.change as n from app.standing_counts c
        where c.came_on between since and until and c.kind <> 'shop'
        union all
        select app.paris_day(d.decided_at), 'shop verified', 1 from app.decisions d
        where d.decided_at >= begins and d.decided_at < ends and d.subject = 'shop' and d.decision = 'verified'
          and not exists (select from app.decisions b
                          where b.subject_id = d.subject_id and b.id < d.id and b.decision = 'verified')
        union all
        select app.paris_day(n.ended_at), 'mail failed', 1 from app.notice_deliveries n
        where n.ended_at >= begins and n.ended_at < ends and n.state = 'failed'
        union all
        select app.paris_day(q.reported_at), 'report', 1 from app.problem_reports q
        where q.reported_at >= begins and q.reported_at < ends
    )
    select h.day, coalesce(sum(h.n) filter (where h.what = 'customer'), 0),
           coalesce(sum(h.n) filter (where h.what = 'merchant'), 0),
           coalesce(sum(h.n) filter (where h.what = 'beneficiary'), 0),
           coalesce(sum(h.n) filter (where h.what = 'collector'), 0),
           coalesce(sum(h.n) filter (where h.what = 'association'), 0),
           coalesce(sum(h.n) filter (where h.what = 'admin'), 0),
           count(*) filter (where h.what = 'shop verified'), count(*) filter (where h.what = 'mail failed'),
           count(*) filter (where h.what = 'report')
    from happened h group by 1;
end $$;
