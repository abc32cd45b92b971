-- Revoke an API client for good: its next request is refused. Once is enough.
-- Called by DELETE /v1/api-clients/{client_id}. Definer, because nobody may write clients. Only who keeps the client gets
-- through. Locks: those of hold_api_client.
create or replace function app.revoke_api_client(client uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    held app.api_clients := app.hold_api_client(client);
begin
    if held.revoked_at is not null then return; end if;
    update app.api_clients c set revoked_at = app.clock() where c.id = client;
    perform app.note_api_client('api_client.revoked', held);
end $$;
grant execute on function app.revoke_api_client(uuid) to authenticated;
