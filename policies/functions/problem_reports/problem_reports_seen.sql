-- Return up to `most` problem reports that the caller may see, newest first: all, those before `before`, or only `wanted`.
-- Of one shop if `only_shop` names it; EP404 unless the caller is a member there or an admin. With the status
-- `only_status`, as it is shown.
-- Called by GET /v1/problem-reports and GET /v1/problem-reports/{report_id}. Holders see theirs, members those of their
-- shop, admins all.
-- Definer instead of a policy, so that nothing tells the shop a suspended or free portion from a paid one
-- (docs/decisions/problem-reports.md). A shop sees no person, no money, the lot that it listed, and of an admin's
-- decision only that there is one. `goes_to`, `money_cents` and `given_back_cents` are for admins.
create or replace function app.problem_reports_seen(
    most int, before uuid default null, wanted uuid default null, only_shop uuid default null, only_status text default null,
    out id uuid, out reservation_id uuid, out lot_id uuid, out title text, out shop_id uuid, out shop text, out kind text,
    out words text, out photo_id uuid, out reported_at timestamptz, out answer_by timestamptz, out status text,
    out outcome text, out share int, out answer text, out answered_at timestamptz, out decision text,
    out decided_share int, out decision_text text, out decided_at timestamptz, out goes_to text, out money_cents int,
    out given_back_cents int) returns setof record
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
declare
    me       uuid := app.caller();
    role     text := app.caller_role();
    shops    uuid[] := array(select app.shops_of(me, 'reader'));
    as_admin boolean := role = 'admin';
    at_shop  boolean;
begin
    if me is null or role is null then raise exception 'access.unauthenticated' using errcode = 'EP401'; end if;
    if only_shop is not null then
        if only_shop <> all (shops) and not as_admin then raise exception 'shop.not_found' using errcode = 'EP404'; end if;
        shops := array[only_shop];
    end if;
    at_shop := not as_admin and (only_shop is not null or role = 'merchant'
        -- Whoever works at a shop reads one of its reports as the shop does, unless it is their own.
        or wanted is not null and exists (
            select from app.problem_reports q where q.id = wanted and q.account_id <> me and q.shop_id = any (shops)));
    return query
        with seen as (
            select q.*, app.report_status(q, at_shop) as shown_as from app.problem_reports q
            where (as_admin and (only_shop is null or q.shop_id = only_shop)
                   or at_shop and q.shop_id = any (shops)
                   or not as_admin and not at_shop and q.account_id = me)
              and q.id between coalesce(wanted, '00000000-0000-0000-0000-000000000000')
                           and coalesce(wanted, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
              and (before is null or q.id < before)
              -- What can wait for an admin at all, so that an index finds it among everything that is over.
              and (only_status is distinct from 'to_decide' or q.given_back_at is null
                   and (q.decision = 'give_back' or q.decision is null and (q.outcome is null or q.outcome = 'give_back')))),
        newest as (select s.* from seen s where only_status is null or s.shown_as = only_status
                   order by s.id desc limit most)
        select n.id, n.reservation_id, case when at_shop then n.lot_id else r.lot_id end, l.title, n.shop_id, h.name, n.kind,
               n.words, n.photo_id, n.reported_at, n.answer_by, n.shown_as, n.outcome, n.share, n.answer, n.answered_at,
               case when not at_shop then n.decision end, case when not at_shop then n.decided_share end,
               case when not at_shop then n.decision_text end,
               case when not at_shop or n.answered_at is null then n.decided_at end,
               m.goes_to, m.cents, case when as_admin then n.given_back_cents end
        from newest n
        join app.reservations r on r.id = n.reservation_id
        join app.lots l on l.id = n.lot_id
        join app.shops h on h.id = n.shop_id
        left join lateral app.report_money(n.reservation_id) m on as_admin
        order by n.id desc;
end $$;
grant execute on function app.problem_reports_seen(int, uuid, uuid, uuid, text) to authenticated;
