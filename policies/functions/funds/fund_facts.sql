-- Return a fund as its organisation and admins read it: its rules, and what was granted and is left as of the end of the
-- last month that was stated. Never what changed since, because the difference of two readings would be a handover.
-- Called by funds_seen and funds_of_client. Definer, because only acts read funds; only the owner may execute it.
create or replace function app.fund_facts(fund app.funds) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select jsonb_build_object(
        'id', fund.id, 'organisation_id', fund.organisation_id, 'organisation', o.name, 'name', fund.name,
        'reference', fund.reference, 'ceiling_cents', fund.ceiling_cents, 'first_day', fund.first_day,
        'last_day', fund.last_day, 'ended_on', fund.ended_on, 'categories', fund.categories,
        'territory', fund.territory_code, 'territory_name', t.name, 'per', fund.per, 'rate_cents', fund.rate_cents,
        'category_rates', fund.category_rates, 'status', fund.status, 'reason', fund.reason,
        'created_at', fund.created_at, 'decided_at', fund.decided_at,
        'as_of', (last.month + interval '1 month')::date - 1,
        'granted_cents', coalesce(last.granted_so_far_cents, 0), 'returned_cents', coalesce(last.returned_cents, 0),
        'left_cents', coalesce(last.left_cents, fund.ceiling_cents),
        'paid_cents', coalesce((select sum(l.cents) from accounting.fund_statements s
                                join accounting.fund_lines l on l.statement_id = s.id
                                where s.fund_id = fund.id and l.paid_at is not null), 0),
        'months', coalesce((
            select jsonb_agg(jsonb_build_object(
                       'month', to_char(s.month, 'YYYY-MM'), 'granted_cents', s.granted_cents, 'left_cents', s.left_cents,
                       'shops', w.shops, 'portions', w.portions, 'paid_cents', w.paid, 'issued_at', s.issued_at,
                       'pdf', s.stored_at is not null) order by s.month desc)
            from accounting.fund_statements s
            cross join lateral (
                select count(*) as shops, coalesce(sum(l.portions), 0) as portions,
                       coalesce(sum(l.cents) filter (where l.paid_at is not null), 0) as paid
                from accounting.fund_lines l where l.statement_id = s.id) w
            where s.fund_id = fund.id), '[]'))
    from app.organisations o
    join app.territories t on t.code = fund.territory_code
    left join lateral (select s.* from accounting.fund_statements s where s.fund_id = fund.id
                       order by s.month desc limit 1) last on true
    where o.id = fund.organisation_id
$$;
