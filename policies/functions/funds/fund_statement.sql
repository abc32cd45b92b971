-- Return the statement of a fund for a month, with its shops: to members of the fund's organisation, and to admins. No row if
-- there is none. `name` is what its file is called.
-- Called by GET /v1/funds/{fund_id}/statements/{month}, .csv and .pdf. Definer, because only acts read statements.
create or replace function app.fund_statement(fund uuid, month date)
returns table (id uuid, contents jsonb, lines jsonb, issued_at timestamptz, sha256 text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select s.id, s.contents,
           coalesce((select jsonb_agg(jsonb_build_object(
                                'siret', l.siret, 'name', l.name, 'portions', l.portions, 'grams', l.grams,
                                'cents', l.cents, 'above_de_minimis', l.above_de_minimis, 'paid_at', l.paid_at)
                                order by l.siret)
                     from accounting.fund_lines l where l.statement_id = s.id), '[]'),
           s.issued_at, s.sha256
    from accounting.fund_statements s join app.funds f on f.id = s.fund_id
    where s.fund_id = fund and s.month = fund_statement.month
      and (app.caller_role() = 'admin'
           or f.organisation_id = any (array(select app.organisations_of(app.caller(), 'reader'))))
$$;
grant execute on function app.fund_statement(uuid, date) to authenticated;
