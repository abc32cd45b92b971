-- Change a webhook endpoint: what is null stays. `new_on` switches it off and on.
-- Called by PATCH /v1/webhook-endpoints/{endpoint_id}. What waits for an endpoint that is switched off is not sent any
-- more, unless its owner asks for it again. Raises EP404 for one of others, EP422 for events that its owner cannot have.
-- Definer, because no role may write endpoints. Locks: the endpoint, then its deliveries.
create or replace function app.change_webhook_endpoint(
    endpoint uuid, new_description text, new_events text[], new_on boolean) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    e app.webhook_endpoints := app.own_webhook_endpoint(endpoint);
begin
    if new_events is not null then
        perform app.require_webhook_events(new_events, case when e.shop_id is not null then 'shop'
            when e.association_id is not null then 'association' else 'organisation' end);
    end if;
    update app.webhook_endpoints x
    set description = coalesce(new_description, x.description), events = coalesce(new_events, x.events),
        off_at = case when new_on then null when not new_on then coalesce(x.off_at, app.clock()) else x.off_at end,
        off_because = case when new_on then null when not new_on then coalesce(x.off_because, 'owner') else x.off_because end,
        -- What failed before it was switched on again does not count.
        failures = case when new_on and x.off_at is not null then 0 else x.failures end,
        failing_since = case when new_on and x.off_at is not null then null else x.failing_since end,
        problem = case when new_on and x.off_at is not null then null else x.problem end
    where x.id = endpoint;
    if not new_on then perform app.drop_webhooks(endpoint); end if;
    if num_nonnulls(new_events, new_on) > 0 then
        perform app.note_webhook('changed', e, jsonb_strip_nulls(jsonb_build_object('events', new_events, 'on', new_on)));
    end if;
end $$;
grant execute on function app.change_webhook_endpoint(uuid, text, text[], boolean) to authenticated, ecopanier_api;
