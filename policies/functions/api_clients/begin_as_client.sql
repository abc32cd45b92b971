-- Make the rest of this transaction act for an API client. Raises what require_client raises.
-- Called by the API when it begins a transaction of several acts for a client, so that Idempotency-Keys are the client's.
-- Definer, because require_client is; only the API may execute it.
create or replace function app.begin_as_client(client uuid, scope text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.require_client(client, scope);
end $$;
grant execute on function app.begin_as_client(uuid, text) to ecopanier_api;
