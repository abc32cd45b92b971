-- Return up to `most` deliveries of an endpoint, newest first, before the one with the id `before`.
-- Called by GET /v1/webhook-endpoints/{endpoint_id}/deliveries. Raises EP404 for an endpoint of others.
-- Definer, because no role may read the table.
create or replace function app.webhook_deliveries_of(endpoint uuid, most int, before uuid default null)
returns table (id uuid, event_id uuid, type text, path text, at timestamptz, status text, attempts int,
               attempted_at timestamptz, ms int, problem text, due_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.own_webhook_endpoint(endpoint);
    return query
        select d.id, d.event_id, d.type, d.path, d.at, d.status, d.attempts, d.attempted_at, d.ms, d.problem, d.due_at
        from app.webhook_deliveries d
        where d.endpoint_id = endpoint and (before is null or d.id < before)
        order by d.id desc limit most;
end $$;
grant execute on function app.webhook_deliveries_of(uuid, int, uuid) to authenticated, ecopanier_api;
