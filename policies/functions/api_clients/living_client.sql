-- Return an API client if it works: neither revoked nor expired, its organisation open, its shop or association verified,
-- and the account that answers for a shop or an association active. Otherwise null.
-- Called by client_signs_in, client_stands, require_client and api_clients_of. Definer, because nobody may read clients;
-- only the owner may execute it.
create or replace function app.living_client(client uuid) returns app.api_clients
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    found_ app.api_clients;
begin
    select c.* into found_ from app.api_clients c
    where c.id = client and c.revoked_at is null and c.expires_at > app.clock()
      and exists (
          select from app.organisations o where o.id = c.organisation_id and o.status = 'active'
          union all
          select from app.shops s join app.accounts x on x.id = s.owner_id
          where s.id = c.shop_id and s.status = 'verified' and x.status = 'active'
          union all
          select from app.associations a join app.accounts x on x.id = a.owner_id
          where a.id = c.association_id and a.status = 'verified' and x.status = 'active');
    return found_;
end $$;
