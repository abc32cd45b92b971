-- Add a webhook endpoint to a shop or an organisation of the caller's or, without one, to the association that they act
-- for; of an API client, to its owner. Return its id.
-- Called by POST /v1/webhook-endpoints. The API has sealed the address and the secret, each with a key of its own.
-- Raises EP404 for a shop or an organisation of others, EP403 without an association, what acting_association raises, EP422 for events that
-- such an owner cannot have, EP409 for a sixth endpoint.
-- Definer, because no role may write endpoints. Locks: an advisory lock on the owner, so that two at once do not pass the
-- most.
create or replace function app.add_webhook_endpoint(
    shop uuid, organisation uuid, new_description text, new_events text[], new_host text, new_ends_with text,
    new_key uuid, new_sealed bytea, new_wrapped bytea, new_master_key text,
    secret_key uuid, secret_sealed bytea, secret_wrapped bytea, secret_master_key text)
returns uuid language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    own   uuid;  -- the association
    owner uuid;
    added app.webhook_endpoints;
begin
    if shop is not null and not app.owns_webhooks(shop, null, null) then
        raise exception 'shop.not_found' using errcode = 'EP404';
    elsif organisation is not null and not app.owns_webhooks(null, null, organisation) then
        raise exception 'organisation.not_found' using errcode = 'EP404';
    elsif shop is not null and organisation is not null then
        raise exception 'webhook_endpoint.one_owner' using errcode = 'EP422';
    elsif num_nonnulls(shop, organisation) = 0 and app.acting_client() is not null then
        select c.shop_id, c.association_id, c.organisation_id into shop, own, organisation
        from app.api_clients c where c.id = app.acting_client();
    elsif num_nonnulls(shop, organisation) = 0 then
        own := app.acting_association('owner');
        if own is null then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    end if;
    owner := coalesce(shop, own, organisation);
    perform app.require_webhook_events(
        new_events, case when shop is not null then 'shop' when own is not null then 'association' else 'organisation' end);
    perform pg_advisory_xact_lock(hashtextextended('webhook_endpoints ' || owner, 0));
    if (select count(*) from app.webhook_endpoints e
        where e.shop_id = owner or e.association_id = owner or e.organisation_id = owner) >= 5 then
        raise exception 'webhook_endpoint.too_many' using errcode = 'EP409';
    end if;
    insert into app.webhook_endpoints (shop_id, association_id, organisation_id, description, events, host, ends_with, key_id, sealed, wrapped,
                                       master_key, created_at)
    values (shop, own, organisation, new_description, new_events, new_host, new_ends_with, new_key, new_sealed, new_wrapped,
            new_master_key, app.clock())
    returning * into added;
    insert into app.webhook_secrets (endpoint_id, key_id, sealed, wrapped, master_key, created_at)
    values (added.id, secret_key, secret_sealed, secret_wrapped, secret_master_key, app.clock());
    perform app.note_webhook('added', added, jsonb_build_object('events', new_events));
    return added.id;
end $$;
grant execute on function app.add_webhook_endpoint(
    uuid, uuid, text, text[], text, text, uuid, bytea, bytea, text, uuid, bytea, bytea, text) to authenticated, ecopanier_api;
