-- Lock an API client that is about to change, and return it; raise EP404 unless the caller keeps it.
-- Called by rotate_api_secret, revoke_api_secret and revoke_api_client. Only the owner may execute it.
-- Locks: its owner (hold_clients_of), then the client.
create or replace function app.hold_api_client(client uuid) returns app.api_clients
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    held app.api_clients;
begin
    select * into held from app.api_clients c where c.id = client;
    if not app.keeps_clients_of(held.organisation_id, held.shop_id, held.association_id) then
        raise exception 'api_client.not_found' using errcode = 'EP404';
    end if;
    perform app.hold_clients_of(held.organisation_id, held.shop_id, held.association_id);
    select * into held from app.api_clients c where c.id = client for update;
    return held;
end $$;
