-- Drop the messages that wait for a switched-off endpoint: they are not sent unless its owner asks for them again.
-- Called by change_webhook_endpoint and webhook_tried, which have locked the endpoint. Only the owner may execute it.
create or replace function app.drop_webhooks(endpoint uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update app.webhook_deliveries d set status = 'failed', due_at = null, problem = coalesce(d.problem, 'off')
    where d.endpoint_id = endpoint and d.due_at is not null;
end $$;
