-- Return the statement of a fund for a month, with its shops, to an API client of the fund's organisation. No row if there is
-- none, or the fund's territory is not within the client's.
-- Called by GET /v1/funds/{fund_id}/statements/{month}, .csv and .pdf, for an API client with the scope `funds:read`.
-- Definer, because only acts read statements; only the API may execute it.
create or replace function app.fund_statement_of_client(client uuid, fund uuid, month date)
returns table (id uuid, contents jsonb, lines jsonb, issued_at timestamptz, sha256 text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    c app.api_clients := app.require_client(client, 'funds:read');
begin
    return query
    select s.* from app.stated_fund(fund, fund_statement_of_client.month) s
    where exists (select from app.funds f
                  where f.id = fund and f.organisation_id = c.organisation_id
                    and app.lies_in(f.territory_code, c.territory_code));
end $$;
grant execute on function app.fund_statement_of_client(uuid, uuid, date) to ecopanier_api;
