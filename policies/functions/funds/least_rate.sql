-- Return the least that a fund pays for a portion or a kilogram, in cents: if less is left, it is granted in full.
-- Called by issue_fund_statements. Only the owner may execute it.
create or replace function app.least_rate(fund app.funds) returns bigint
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select least(fund.rate_cents, (select min((r.value #>> '{}')::int) from jsonb_each(fund.category_rates) r))::bigint
$$;
