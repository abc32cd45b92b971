-- Return whether an API client works, and the secret that its token was given for, too: neither revoked nor expired.
-- Called by the API for each request of a client, before its act, which asks require_client. So a secret that leaked can
-- be revoked with all tokens that it was given. Definer, because nobody may read clients; only the API may execute it.
create or replace function app.client_stands(client uuid, secret uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (app.living_client(client)).id is not null
       and exists (select from app.api_client_secrets s
                   where s.id = secret and s.client_id = client and s.revoked_at is null
                     and (s.expires_at is null or s.expires_at > app.clock()));
end $$;
grant execute on function app.client_stands(uuid, uuid) to ecopanier_api;
