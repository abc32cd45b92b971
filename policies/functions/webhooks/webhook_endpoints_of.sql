-- Return the webhook endpoints that the caller keeps, in the order in which they were added; or the one that is `wanted`,
-- no row if it is not theirs.
-- Called by GET /v1/webhook-endpoints and by the routes that answer one. It returns no sealed address and no secret.
-- Definer, because no role may read the table: owners see those of their shops, associations
-- and organisations, and an API client those of its owner.
create or replace function app.webhook_endpoints_of(wanted uuid default null)
returns table (id uuid, shop_id uuid, association_id uuid, organisation_id uuid, description text, events text[],
               host text, ends_with text, created_at timestamptz, delivered_at timestamptz, failures int,
               failing_since timestamptz, problem text, off_at timestamptz, off_because text, two_secrets_until timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    client        app.api_clients;
    shops         uuid[] := array(select app.shops_of(app.caller(), 'owner'));
    associations  uuid[] := array(select app.associations_of(app.caller(), 'owner'));
    organisations uuid[] := array(select app.organisations_of(app.caller(), 'owner'));
begin
    if app.acting_client() is not null then
        select * into client from app.api_clients c where c.id = app.acting_client();
        shops := array[client.shop_id];
        associations := array[client.association_id];
        organisations := array[client.organisation_id];
    end if;
    return query
        select e.id, e.shop_id, e.association_id, e.organisation_id, e.description, e.events, e.host, e.ends_with,
               e.created_at, e.delivered_at, e.failures, e.failing_since, e.problem, e.off_at, e.off_because,
               (select max(s.ends_at) from app.webhook_secrets s where s.endpoint_id = e.id and s.ends_at > app.clock())
        from app.webhook_endpoints e
        where (wanted is null or e.id = wanted)
          and (e.shop_id = any (shops) or e.association_id = any (associations) or e.organisation_id = any (organisations))
        order by e.id;
end $$;
grant execute on function app.webhook_endpoints_of(uuid) to authenticated, ecopanier_api;
