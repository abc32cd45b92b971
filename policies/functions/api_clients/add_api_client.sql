-- Make an API client of an organisation, a shop or an association, one of the three ids, with its first secret; return
-- its id.
-- Called by POST /v1/admin/api-clients and POST …/api-clients of organisations, shops and associations. The API shows the
-- secret once; only its first characters and its hash come here. `territory`: null for the organisation's own, else that
-- or one within; clients of shops and associations have none.
-- Definer, because nobody may write clients. Only who keeps them gets through (hold_clients_of).
-- Locks: their owner (hold_clients_of), so that two at once do not pass the most.
create or replace function app.add_api_client(
    organisation uuid, shop uuid, association uuid, client_name text, wanted_scopes text[], territory text,
    ends timestamptz, secret_prefix text, secret_hash bytea) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment  timestamptz := app.clock();
    covered text := (select o.territory_code from app.organisations o where o.id = organisation);
    added   app.api_clients;
begin
    perform app.hold_clients_of(organisation, shop, association);
    if ends <= moment or ends > moment + interval '2 years' then
        raise exception 'api_client.expiry_invalid' using errcode = 'EP422';
    end if;
    if organisation is not null and not exists (
        select from app.territories t
        where t.code = coalesce(territory, covered)
          and (covered = 'FR' or covered in (t.code, t.commune, t.epci, t.department, t.region))) then
        raise exception 'api_client.territory_outside' using errcode = 'EP422';
    end if;
    if (select count(*) from app.api_clients c
        where (c.organisation_id = organisation or c.shop_id = shop or c.association_id = association)
          and c.revoked_at is null and c.expires_at > moment) >= 20 then
        raise exception 'api_client.too_many' using errcode = 'EP409';
    end if;
    insert into app.api_clients (name, organisation_id, shop_id, association_id, territory_code, scopes, created_by,
                                 created_at, expires_at)
    values (client_name, organisation, shop, association,
            case when organisation is not null then coalesce(territory, covered) end, wanted_scopes, app.caller(), moment,
            ends)
    returning * into added;
    insert into app.api_client_secrets (client_id, prefix, hash, created_at)
    values (added.id, secret_prefix, secret_hash, moment);
    perform app.note_api_client('api_client.added', added,
                                jsonb_build_object('scopes', added.scopes, 'expires_at', added.expires_at));
    return added.id;
end $$;
grant execute on function app.add_api_client(uuid, uuid, uuid, text, text[], text, timestamptz, text, bytea)
    to authenticated;
