-- Return up to `most` API clients of an organisation, a shop or an association, one of the three ids, in the order of ids,
-- after `beyond`; or only `wanted`, whoever owns it. Revoked and expired ones are listed too. `status` says whether it
-- works; `secrets` are told by their first characters.
-- Called by GET …/api-clients and GET /v1/api-clients/{client_id}, as who keeps them; with none of the ids as an admin, for
-- those of all organisations. Definer, because nobody may read clients. No secret and no hash gets out.
create or replace function app.api_clients_of(
    organisation uuid, shop uuid, association uuid, most int, beyond uuid default null, wanted uuid default null,
    out id uuid, out name text, out organisation_id uuid, out shop_id uuid, out association_id uuid, out owner_name text,
    out territory_code text, out scopes text[], out status text, out created_at timestamptz, out expires_at timestamptz,
    out revoked_at timestamptz, out last_used_at timestamptz, out secrets jsonb) returns setof record
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    moment timestamptz := app.clock();
    all_   boolean := num_nonnulls(organisation, shop, association, wanted) = 0;
begin
    if all_ and app.caller_role() is distinct from 'admin' then
        raise exception 'access.forbidden' using errcode = 'EP403';
    end if;
    if num_nonnulls(organisation, shop, association) = 1 and not app.keeps_clients_of(organisation, shop, association) then
        raise exception using errcode = 'EP404',
            message = case when shop is not null then 'shop.not_found'
                           when organisation is not null then 'organisation.not_found'
                           else 'association.not_found' end;
    end if;
    return query
    select c.id, c.name, c.organisation_id, c.shop_id, c.association_id, coalesce(o.name, s.name, a.name),
           c.territory_code, c.scopes,
           case when c.revoked_at is not null then 'revoked' when c.expires_at <= moment then 'expired'
                when (app.living_client(c.id)).id is null then 'suspended' else 'active' end,
           c.created_at, c.expires_at, c.revoked_at, c.last_used_at,
           (select coalesce(jsonb_agg(jsonb_build_object(
                       'id', x.id, 'prefix', x.prefix, 'created_at', x.created_at, 'expires_at', x.expires_at,
                       'revoked_at', x.revoked_at) order by x.id), '[]')
            from app.api_client_secrets x where x.client_id = c.id)
    from app.api_clients c
    left join app.organisations o on o.id = c.organisation_id
    left join app.shops s on s.id = c.shop_id
    left join app.associations a on a.id = c.association_id
    where (c.id = wanted and app.keeps_clients_of(c.organisation_id, c.shop_id, c.association_id)
           or c.organisation_id = organisation or c.shop_id = shop or c.association_id = association
           or all_ and c.organisation_id is not null)
      and (beyond is null or c.id > beyond)
    order by c.id limit most;
end $$;
grant execute on function app.api_clients_of(uuid, uuid, uuid, int, uuid, uuid) to authenticated;
