-- Return the events that webhooks tell, and whose endpoints may have each one (`shop`, `association`, `organisation`).
-- Called by add_webhook_endpoint, change_webhook_endpoint and tell_webhooks. A new event is one line here and one in
-- backend/webhooks/events.py, with its text in both languages. The number is the version of its message: another
-- message is another event, which endpoints have to ask for.
-- Security invoker, because it reads no table.
create or replace function app.webhook_events() returns table (event text, owners text[])
language sql immutable set search_path = pg_catalog, pg_temp as $$
    values
        ('reservation.made.v1', '{shop}'::text[]),
        ('reservation.cancelled.v1', '{shop}'),
        ('reservation.picked_up.v1', '{shop}'),
        ('lot.published.v1', '{shop}'),
        ('lot.ended.v1', '{shop}'),
        ('collection.requested.v1', '{shop,association}'),
        ('collection.accepted.v1', '{shop,association}'),
        ('collection.scheduled.v1', '{shop,association}'),
        ('collection.taken.v1', '{shop,association}'),
        ('collection.delivered.v1', '{shop,association}'),
        ('collection.received.v1', '{shop,association}'),
        ('collection.refused.v1', '{shop,association}'),
        ('collection.cancelled.v1', '{shop,association}'),
        ('collection.failed.v1', '{shop,association}'),
        ('beneficiary.accepted.v1', '{organisation}'),
        ('beneficiary.refused.v1', '{organisation}'),
        ('figures.released.v1', '{organisation}'),
        ('fund.granted_out.v1', '{organisation}'),
        ('fund.statement_ready.v1', '{organisation}')
$$;
