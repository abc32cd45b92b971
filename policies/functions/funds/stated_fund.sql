-- Return the statement of a fund for a month, with its shops; no row if there is none.
-- Called by fund_statement and fund_statement_of_client, which check who asks. Definer, because only acts read statements;
-- only the owner may execute it.
create or replace function app.stated_fund(fund uuid, month date)
returns table (id uuid, contents jsonb, lines jsonb, issued_at timestamptz, sha256 text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select s.id, s.contents,
           coalesce((select jsonb_agg(jsonb_build_object(
                                'siret', l.siret, 'name', l.name, 'portions', l.portions, 'grams', l.grams,
                                'cents', l.cents, 'above_de_minimis', l.above_de_minimis, 'paid_at', l.paid_at)
                                order by l.siret)
                     from accounting.fund_lines l where l.statement_id = s.id), '[]'),
           s.issued_at, s.sha256
    from accounting.fund_statements s
    where s.fund_id = fund and s.month = stated_fund.month
$$;
