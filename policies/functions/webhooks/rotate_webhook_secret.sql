-- Replace the secret of an endpoint. Returns until when messages are also signed with the one before: for a day.
-- Called by POST /v1/webhook-endpoints/{endpoint_id}/rotate-secret. The API has sealed the new secret. A secret that had
-- been replaced before ends at once, so that there are never three. Raises EP404 for an endpoint of others.
-- Definer, because no role may write secrets. Locks: the endpoint, then its secrets.
create or replace function app.rotate_webhook_secret(
    endpoint uuid, new_key uuid, new_sealed bytea, new_wrapped bytea, new_master_key text) returns timestamptz
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    e    app.webhook_endpoints := app.own_webhook_endpoint(endpoint);
    ends constant timestamptz := app.clock() + interval '24 hours';
begin
    perform from app.webhook_endpoints x where x.id = endpoint for no key update;
    delete from app.webhook_secrets s where s.endpoint_id = endpoint and s.ends_at is not null;
    update app.webhook_secrets s set ends_at = ends where s.endpoint_id = endpoint;
    insert into app.webhook_secrets (endpoint_id, key_id, sealed, wrapped, master_key, created_at)
    values (endpoint, new_key, new_sealed, new_wrapped, new_master_key, app.clock());
    perform app.note_webhook('secret_rotated', e);
    return ends;
end $$;
grant execute on function app.rotate_webhook_secret(uuid, uuid, bytea, bytea, text) to authenticated, ecopanier_api;
