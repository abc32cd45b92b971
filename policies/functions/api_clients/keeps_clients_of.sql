-- Return whether the caller keeps the API clients of an organisation (its owners, and admins), a shop or an association
-- (its owners): one of the three ids.
-- Called by hold_clients_of, hold_api_client and api_clients_of. Definer, because nobody may read members; only the owner
-- may execute it.
create or replace function app.keeps_clients_of(organisation uuid, shop uuid, association uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return case when organisation is not null then
                    app.caller_role() is not distinct from 'admin'
                    or organisation = any (array(select app.organisations_of(app.caller(), 'owner')))
                when shop is not null then shop = any (array(select app.shops_of(app.caller(), 'owner')))
                when association is not null then
                    association = any (array(select app.associations_of(app.caller(), 'owner')))
                else false end;
end $$;
