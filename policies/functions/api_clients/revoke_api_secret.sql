-- Revoke a secret of an API client. It and the tokens that it was given are refused from now on. Once is enough.
-- Called by DELETE /v1/api-clients/{client_id}/secrets/{secret_id}.
-- Definer, because nobody may write secrets. Only who keeps the client gets through. Locks: those of hold_api_client.
create or replace function app.revoke_api_secret(client uuid, secret uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    held app.api_clients := app.hold_api_client(client);
begin
    if not exists (select from app.api_client_secrets s where s.id = secret and s.client_id = client) then
        raise exception 'api_client.secret_not_found' using errcode = 'EP404';
    end if;
    update app.api_client_secrets s set revoked_at = app.clock() where s.id = secret and s.revoked_at is null;
    if found then
        perform app.note_api_client('api_client.secret_revoked', held, jsonb_build_object('secret', secret));
    end if;
end $$;
grant execute on function app.revoke_api_secret(uuid, uuid) to authenticated;
