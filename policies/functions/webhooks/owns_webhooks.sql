-- Return whether the caller keeps the webhook endpoints of a shop, an association or an organisation: one of the three is
-- given.
-- Called by the acts of webhook endpoints, which alone may execute it. Owners keep them.
-- Definer, because it is called by definer acts alone.
create or replace function app.owns_webhooks(shop uuid, association uuid, organisation uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return shop in (select app.shops_of(app.caller(), 'owner'))
        or association in (select app.associations_of(app.caller(), 'owner'));
end $$;
