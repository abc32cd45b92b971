-- Return the figures of all shops by days, weeks or months that are over in Paris, with accounts, shops, no-shows and
-- mails, and how things stand now, as JSON.
-- Called by GET /v1/admin/figures and its .csv, as an admin.
-- Definer, because it sums what everybody does. It returns counts only. They are not published, so they need no eleven
-- people (docs/decisions/figures-of-shops.md).
create or replace function app.admin_figures(since date default null, until date default null, step text default 'day')
returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.require_role(app.caller(), 'admin');
    return app.figures(null, 'Europe/Paris', since, until, step) || jsonb_build_object('now', jsonb_build_object(
        'accounts', (select jsonb_object_agg(r.role, coalesce(n.n, 0))
                     from unnest('{customer,merchant,beneficiary,collector,association,admin}'::text[]) as r (role)
                     left join (select c.kind, sum(c.change) as n from app.standing_counts c
                                where c.status = 'active' group by c.kind) n on n.kind = r.role),
        'shops_verified', (select coalesce(sum(c.change), 0) from app.standing_counts c
                           where c.kind = 'shop' and c.status = 'verified'),
        'shops_pending', (select coalesce(sum(c.change), 0) from app.standing_counts c
                          where c.kind = 'shop' and c.status = 'pending'),
        'mails_queued', (select count(*) from app.notice_deliveries n where n.state = 'queued'),
        'reports_to_decide', (select count(*) from app.problem_reports q
                              where q.given_back_at is null
                                and (q.decision = 'give_back'
                                     or q.decision is null and (q.outcome is null or q.outcome = 'give_back'))
                                and app.report_status(q, false) = 'to_decide'),
        'queue_length', (select count(*) from jobs.procrastinate_jobs j where j.status = 'todo'),
        'queue_failed', (select count(*) from jobs.procrastinate_jobs j where j.status = 'failed')));
end $$;
grant execute on function app.admin_figures(date, date, text) to authenticated;
