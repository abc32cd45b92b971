-- Return up to `most` funds with an id below `beyond`, the newest first, or only `wanted`, to an API client of their
-- organisation; those whose territory lies in the client's.
-- Called by GET /v1/funds and GET /v1/funds/{fund_id}, for an API client with the scope `funds:read`. Definer, because only
-- acts read funds; only the API may execute it.
create or replace function app.funds_of_client(client uuid, most int, beyond uuid default null, wanted uuid default null)
returns table (id uuid, facts jsonb)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    c app.api_clients := app.require_client(client, 'funds:read');
begin
    return query
    select f.id, app.fund_facts(f) from app.funds f
    where f.organisation_id = c.organisation_id and app.lies_in(f.territory_code, c.territory_code)
      and (beyond is null or f.id < beyond) and (wanted is null or f.id = wanted)
    order by f.id desc limit most;
end $$;
grant execute on function app.funds_of_client(uuid, int, uuid, uuid) to ecopanier_api;
