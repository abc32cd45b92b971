-- Return figures of problem reports per shop, of what was reported from `since` (by default 30 days ago) until before
-- `until` (by default now): up to `most` shops after `beyond`, in the order of ids. Shops without a report are left out.
-- Called by GET /v1/admin/problem-reports/figures, as an admin.
-- Definer, because nobody may read reports. Only an admin gets through: what was given back at one shop would tell it
-- which portions were paid for.
create or replace function app.problem_report_figures(
    since timestamptz, until timestamptz, beyond uuid, most int,
    out shop_id uuid, out shop text, out paused_at timestamptz, out pickups int, out reports int, out missing int,
    out quality int, out allergen int, out closed int, out other int, out answered int, out unanswered int,
    out to_decide int, out decided int, out given_back_cents bigint) returns setof record
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    since := coalesce(since, app.clock() - interval '30 days');
    until := coalesce(until, 'infinity');
    if app.caller_role() is distinct from 'admin' then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    return query
        with counted as (
            select q.shop_id as at, count(*) as reports, count(*) filter (where q.kind = 'missing') as missing,
                   count(*) filter (where q.kind = 'quality') as quality,
                   count(*) filter (where q.kind = 'allergen') as allergen,
                   count(*) filter (where q.kind = 'closed') as closed, count(*) filter (where q.kind = 'other') as other,
                   count(*) filter (where q.answered_at is not null) as answered,
                   count(*) filter (where q.answered_at is null and q.kind <> 'allergen'
                                      and q.answer_by <= coalesce(q.decided_at, app.clock())) as unanswered,
                   count(*) filter (where app.report_status(q, false) = 'to_decide') as to_decide,
                   count(*) filter (where q.decided_at is not null) as decided,
                   coalesce(sum(q.given_back_cents), 0) as given_back_cents
            from app.problem_reports q
            where q.reported_at >= since and q.reported_at < until and (beyond is null or q.shop_id > beyond)
            group by q.shop_id order by q.shop_id limit most)
        select c.at, s.name, s.paused_at,
               (select count(*)::int from app.impact_entries e
                where e.shop_id = c.at and e.recorded_at >= since and e.recorded_at < until),
               c.reports::int, c.missing::int, c.quality::int, c.allergen::int, c.closed::int, c.other::int,
               c.answered::int, c.unanswered::int, c.to_decide::int, c.decided::int, c.given_back_cents
        from counted c join app.shops s on s.id = c.at
        order by c.at;
end $$;
grant execute on function app.problem_report_figures(timestamptz, timestamptz, uuid, int) to authenticated;
