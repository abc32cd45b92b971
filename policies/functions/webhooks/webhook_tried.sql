-- Keep what became of a message (`failed` is null if it was taken) and how long it took, and let go of the endpoint.
-- Called by the worker's job webhooks.deliver. A message is tried ten times over three days, with growing pauses that
-- vary by a tenth; a test once. An endpoint is switched off, and its owners are told, if it says that it is gone, or
-- fails and has not taken anything for five days.
-- Definer, because nobody may write endpoints; only the worker may execute it. Locks: the endpoint, then its deliveries.
create or replace function app.webhook_tried(
    delivery uuid, endpoint uuid, lease timestamptz, failed text, took_ms int) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment constant timestamptz := app.clock();
    pauses constant interval[] := array['5 seconds', '5 minutes', '30 minutes', '2 hours', '5 hours', '10 hours', '14 hours',
                                        '18 hours', '22 hours'];
    e      app.webhook_endpoints;
begin
    update app.webhook_endpoints x
    set leased_until = case when x.leased_until = lease then moment else x.leased_until end,
        delivered_at = case when failed is null then moment else x.delivered_at end,
        failures = case when failed is null then 0 else x.failures + 1 end,
        failing_since = case when failed is not null then coalesce(x.failing_since, moment) end,
        problem = failed
    where x.id = endpoint returning * into e;
    if not found then return; end if;

    update app.webhook_deliveries d
    set attempts = d.attempts + 1, attempted_at = moment, ms = took_ms, problem = failed,
        status = case when failed is null then 'delivered'
                      when d.attempts >= cardinality(pauses) or d.type = 'webhook.test.v1' then 'failed' else 'waiting' end,
        due_at = case when failed is null or d.attempts >= cardinality(pauses) or d.type = 'webhook.test.v1' then null
                      else moment + pauses[d.attempts + 1] * (0.9 + 0.2 * random()) end
    where d.id = delivery and d.status = 'waiting';

    if failed is null or e.off_at is not null then return; end if;
    if failed <> 'gone' and e.failing_since > moment - interval '5 days' then return; end if;
    update app.webhook_endpoints x
    set off_at = moment, off_because = case failed when 'gone' then 'gone' else 'failing' end where x.id = endpoint;
    perform app.drop_webhooks(endpoint);
    perform app.notify(m.account_id, 'webhook_off',
                       jsonb_build_object('host', e.host, 'description', e.description, 'gone', failed = 'gone',
                                          'shop_id', e.shop_id),
                       endpoint::text || moment, null, endpoint)
    from app.members m
    where (m.shop_id = e.shop_id or m.association_id = e.association_id or m.organisation_id = e.organisation_id)
      and m.role = 'owner' and m.account_id is not null
    order by m.account_id;
    perform app.note_webhook('off', e, jsonb_build_object('problem', failed));
end $$;
grant execute on function app.webhook_tried(uuid, uuid, timestamptz, text, int) to ecopanier_worker;
