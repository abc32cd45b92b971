-- Return whether the caller keeps the webhook endpoints of a shop, an association or an organisation: one of the three is
-- given. Its owners keep them, and so does an API client of its own with the scope `webhooks` (begin_as_client).
-- Called by the acts of webhook endpoints, which alone may execute it.
-- Definer, because nobody may read API clients.
create or replace function app.owns_webhooks(shop uuid, association uuid, organisation uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    client uuid := app.acting_client();
begin
    if client is not null then
        return exists (select from app.api_clients c
                       where c.id = client and (c.shop_id = shop or c.association_id = association
                                                or c.organisation_id = organisation));
    end if;
    return coalesce(shop in (select app.shops_of(app.caller(), 'owner')), false)
        or coalesce(association in (select app.associations_of(app.caller(), 'owner')), false)
        or coalesce(organisation in (select app.organisations_of(app.caller(), 'owner')), false);
end $$;
