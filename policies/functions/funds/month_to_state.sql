-- Return the oldest month of a confirmed fund that is due to be stated; null if none is.
-- Called by issue_fund_statements. Definer, because only acts read grants; only the owner may execute it.
create or replace function app.month_to_state(fund app.funds) returns date
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with next as (
        select coalesce((select (max(s.month) + interval '1 month')::date from accounting.fund_statements s
                         where s.fund_id = fund.id),
                        date_trunc('month', fund.decided_at at time zone 'Europe/Paris')::date) as month
    ), due as (
        select case
            when fund.settled_at is null
                 or n.month <= date_trunc('month', fund.settled_at at time zone 'Europe/Paris')::date then n.month
            else greatest(n.month, (select date_trunc('month', min(c.at) at time zone 'Europe/Paris')::date
                                    from accounting.grant_corrections c
                                    where c.fund_id = fund.id and c.statement_id is null
                                    having count(*) > 0)) end as month,
            fund.settled_at is not null and not exists (
                select from accounting.grant_corrections c where c.fund_id = fund.id and c.statement_id is null)
            and n.month > date_trunc('month', fund.settled_at at time zone 'Europe/Paris')::date as complete
        from next n
    )
    select d.month from due d
    where not d.complete and d.month is not null
      and (d.month + interval '1 month') at time zone 'Europe/Paris' + interval '1 hour' <= app.clock()
$$;
