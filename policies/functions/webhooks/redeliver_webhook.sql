-- Queue a delivery again, with the same id, whatever became of it; one that waits is due now.
-- Called by POST /v1/webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}/redeliver. Raises EP404 for an endpoint of
-- others, or a delivery that is not the endpoint's or not kept any more; EP409 if the endpoint is switched off.
-- Definer, because no role may write deliveries. Locks: the delivery.
create or replace function app.redeliver_webhook(endpoint uuid, delivery uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    e app.webhook_endpoints := app.own_webhook_endpoint(endpoint);
begin
    if e.off_at is not null then raise exception 'webhook_endpoint.off' using errcode = 'EP409'; end if;
    update app.webhook_deliveries d
    set status = 'waiting', due_at = app.clock(), attempts = case d.status when 'waiting' then d.attempts else 0 end,
        problem = null
    where d.id = delivery and d.endpoint_id = endpoint;
    if not found then raise exception 'webhook_delivery.not_found' using errcode = 'EP404'; end if;
end $$;
grant execute on function app.redeliver_webhook(uuid, uuid) to authenticated, ecopanier_api;
