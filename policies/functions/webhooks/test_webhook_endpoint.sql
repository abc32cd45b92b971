-- Queue a test message for a webhook endpoint, and return its delivery. It is sent once and not tried again.
-- Called by POST /v1/webhook-endpoints/{endpoint_id}/test. Raises EP404 for one of others, EP409 if it is switched off.
-- Definer, because no role may write deliveries.
create or replace function app.test_webhook_endpoint(endpoint uuid) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    e      app.webhook_endpoints := app.own_webhook_endpoint(endpoint);
    queued uuid;
begin
    if e.off_at is not null then raise exception 'webhook_endpoint.off' using errcode = 'EP409'; end if;
    insert into app.webhook_deliveries (endpoint_id, event_id, type, path, at, due_at)
    values (endpoint, app.uuid7(), 'webhook.test.v1', '/v1/webhook-endpoints/' || endpoint, app.clock(), app.clock())
    returning id into queued;
    return queued;
end $$;
grant execute on function app.test_webhook_endpoint(uuid) to authenticated, ecopanier_api;
