-- Return the statement of a fund for a month, with its shops: to members of the fund's organisation, and to admins. No row if
-- there is none.
-- Called by GET /v1/funds/{fund_id}/statements/{month}, .csv and .pdf, as a person. Definer, because only acts read
-- statements.
create or replace function app.fund_statement(fund uuid, month date)
returns table (id uuid, contents jsonb, lines jsonb, issued_at timestamptz, sha256 text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select s.* from app.stated_fund(fund, month) s
    where app.caller_role() = 'admin'
       or exists (select from app.funds f
                  where f.id = fund and f.organisation_id = any (array(select app.organisations_of(app.caller(), 'reader'))))
$$;
grant execute on function app.fund_statement(uuid, date) to authenticated;
