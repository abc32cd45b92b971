-- Write into the audit log what happened to an API client; the entry is about its owner.
-- Called by the acts that change clients. Only the owner may execute it.
create or replace function app.note_api_client(what text, client app.api_clients, details jsonb default '{}') returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.note(
        what,
        case when client.shop_id is not null then 'shop' when client.association_id is not null then 'association'
             else 'organisation' end,
        coalesce(client.shop_id, client.association_id, client.organisation_id),
        jsonb_build_object('api_client', client.id) || details);
end $$;
