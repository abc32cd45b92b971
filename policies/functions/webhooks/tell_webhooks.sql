-- Queue a message for each endpoint of a shop, an association or an organisation that wants an event.
-- Called by acts and triggers in the transaction of the fact: both happen, or neither. `path` is where the API tells
-- more, and `at` when it happened. Raises EP422 for an event that such an owner cannot have (webhook_events).
-- `reserve` and `pick_up` look first whether the shop has an endpoint at all: most have none.
-- Definer, because nobody may write deliveries; only the owner may execute it. Locks nothing.
create or replace function app.tell_webhooks(
    owner_kind text, owner_id uuid, event text, path text, at timestamptz default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from app.webhook_events() w where w.event = tell_webhooks.event and owner_kind = any (w.owners)) then
        raise exception 'webhook_endpoint.event_unknown' using errcode = 'EP422';
    end if;
    insert into app.webhook_deliveries (endpoint_id, event_id, type, path, at, due_at)
    select e.id, fact.id, tell_webhooks.event, tell_webhooks.path, coalesce(tell_webhooks.at, app.clock()), app.clock()
    from (select app.uuid7() as id) fact, app.webhook_endpoints e
    where case owner_kind when 'shop' then e.shop_id = owner_id
                          when 'association' then e.association_id = owner_id
                          else e.organisation_id = owner_id end
      and e.off_at is null and tell_webhooks.event = any (e.events);
end $$;
