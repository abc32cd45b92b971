-- Claim a message for each of up to `most` endpoints that have one due, and return what to send; `lease` is given back to
-- webhook_tried. Nobody else sends to these endpoints for 30 seconds: a message takes at most 5.
-- Called by the worker's job webhooks.deliver. One message an endpoint at a time, the endpoints that waited longest first:
-- however many messages wait for one that is slow, the others do not wait for them. A worker that dies sends nothing
-- more, and its leases run out.
-- The endpoints that anything waits for are found one after the other in the index, not from the messages, of which one
-- endpoint may have many thousands.
-- Definer, because nobody may read sealed addresses; only the worker may execute it. Locks: the endpoints (skip locked).
create or replace function app.claim_webhooks(most int)
returns table (delivery uuid, endpoint uuid, lease timestamptz, event_id uuid, type text, path text, at timestamptz,
               key_id uuid, sealed bytea, wrapped bytea, master_key text, secrets jsonb)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment  constant timestamptz := app.clock();
    until   constant timestamptz := app.clock() + interval '30 seconds';
    claimed uuid[];
begin
    with recursive waiting as (
        (select d.endpoint_id, d.due_at from app.webhook_deliveries d
         where d.due_at is not null order by d.endpoint_id, d.due_at limit 1)
        union all
        select n.endpoint_id, n.due_at from waiting w cross join lateral (
            select d.endpoint_id, d.due_at from app.webhook_deliveries d
            where d.due_at is not null and d.endpoint_id > w.endpoint_id order by d.endpoint_id, d.due_at limit 1) n),
    free as (
        select e.id from waiting w join app.webhook_endpoints e on e.id = w.endpoint_id
        where w.due_at <= moment and e.leased_until <= moment and e.off_at is null
        order by e.leased_until, e.id limit most for no key update of e skip locked),
    taken as (
        update app.webhook_endpoints e set leased_until = until from free f where e.id = f.id returning e.id)
    select array_agg(t.id) into claimed from taken t;

    -- A statement of its own, which sees what became of messages while we waited for the endpoints.
    return query
        select d.id, e.id, until, d.event_id, d.type, d.path, d.at, e.key_id, e.sealed, e.wrapped, e.master_key,
               (select jsonb_agg(jsonb_build_object('key_id', s.key_id, 'sealed', encode(s.sealed, 'base64'),
                                                    'wrapped', encode(s.wrapped, 'base64'), 'master_key', s.master_key)
                                 order by s.id desc)
                from app.webhook_secrets s where s.endpoint_id = e.id and (s.ends_at is null or s.ends_at > moment))
        from app.webhook_endpoints e cross join lateral (
            select x.* from app.webhook_deliveries x
            where x.endpoint_id = e.id and x.due_at <= moment order by x.due_at, x.id limit 1) d
        where e.id = any (claimed)
        order by e.id;
end $$;
grant execute on function app.claim_webhooks(int) to ecopanier_worker;
