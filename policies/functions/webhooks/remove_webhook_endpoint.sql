-- Remove a webhook endpoint with its sealed address, its secrets and its log. What is queued for it is not sent any more.
-- Called by DELETE /v1/webhook-endpoints/{endpoint_id}. Raises EP404 for one of others.
-- Definer, because no role may write endpoints. Locks: the endpoint, then its deliveries.
create or replace function app.remove_webhook_endpoint(endpoint uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    e app.webhook_endpoints := app.own_webhook_endpoint(endpoint);
begin
    delete from app.webhook_endpoints x where x.id = endpoint;
    delete from app.webhook_deliveries d where d.endpoint_id = endpoint;
    perform app.note_webhook('removed', e);
end $$;
grant execute on function app.remove_webhook_endpoint(uuid) to authenticated, ecopanier_api;
