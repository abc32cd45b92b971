-- Return a webhook endpoint that the caller keeps. Raises EP404 for any other.
-- Called by the acts of webhook endpoints, which alone may execute it. Definer, because no role may read sealed addresses.
create or replace function app.own_webhook_endpoint(endpoint uuid) returns app.webhook_endpoints
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    e app.webhook_endpoints;
begin
    select * into e from app.webhook_endpoints x where x.id = endpoint;
    if not found or not app.owns_webhooks(e.shop_id, e.association_id, e.organisation_id) then
        raise exception 'webhook_endpoint.not_found' using errcode = 'EP404';
    end if;
    return e;
end $$;
