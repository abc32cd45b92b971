-- Return whether somebody reads more of a territory than anybody: a member of an organisation whose territory it is or lies in,
-- or an API client with the scope `figures:read` for such a territory.
-- Called by territory_figures and live_figures. Definer, because nobody is granted the tables; only the owner may execute it.
create or replace function app.sees_territory(caller uuid, client uuid, wanted text) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (
        select from app.territories t
        where t.code = wanted
          and array['FR', t.region, t.department, t.epci, t.commune, t.code] && array(
              select o.territory_code
              from app.members m
              join app.accounts a on a.id = m.account_id and a.status = 'active'
              join app.organisations o on o.id = m.organisation_id and o.status = 'active'
              where m.account_id = caller
              union all
              select c.territory_code from app.living_client(client) c
              where c.id is not null and 'figures:read' = any (c.scopes)))
$$;
