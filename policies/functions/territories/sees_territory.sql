-- Return whether somebody reads more of a territory than anybody: a member of an organisation whose territory it is or lies in,
-- or an API client with the scope `figures:read` for such a territory.
-- Called by territory_figures and live_figures. Definer, because nobody is granted the tables; only the owner may execute it.
create or replace function app.sees_territory(caller uuid, client uuid, wanted text) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (
        select from app.territories t
        where t.code = wanted
          and array['FR', t.region, t.department, t.epci, t.commune, t.code] && array(
              select o.territory_code from app.organisations o
              where caller is not null and o.status = 'active'
                and o.id = any (array(select app.organisations_of(caller, 'reader')))
              union all
              select c.territory_code
              from app.api_clients c join app.organisations o on o.id = c.organisation_id and o.status = 'active'
              where c.id = client and 'figures:read' = any (c.scopes) and c.revoked_at is null
                and c.expires_at > app.clock()))
$$;
