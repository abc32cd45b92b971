-- Change the address of a webhook endpoint. The new one comes sealed with a new key.
-- Called by PATCH /v1/webhook-endpoints/{endpoint_id}. What waits goes to the new address. Raises EP404 for one of others.
-- Definer, because no role may write endpoints. Locks: the endpoint.
create or replace function app.move_webhook_endpoint(
    endpoint uuid, new_host text, new_ends_with text, new_key uuid, new_sealed bytea, new_wrapped bytea,
    new_master_key text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    e app.webhook_endpoints := app.own_webhook_endpoint(endpoint);
begin
    update app.webhook_endpoints x
    set host = new_host, ends_with = new_ends_with, key_id = new_key, sealed = new_sealed, wrapped = new_wrapped,
        master_key = new_master_key
    where x.id = endpoint;
    perform app.note_webhook('moved', e);
end $$;
grant execute on function app.move_webhook_endpoint(uuid, text, text, uuid, bytea, bytea, text) to authenticated, ecopanier_api;
