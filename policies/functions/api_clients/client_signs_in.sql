-- Return the secret that an API client has shown and the client's scopes; no row if the client does not work, or the
-- secret is not one of it that works. Keeps when the client was last used, at most once an hour.
-- Called by POST /v1/oauth/token. Definer, because nobody may read secrets; only the API may execute it.
-- Locks: the client, at most once an hour.
create or replace function app.client_signs_in(client uuid, secret_hash bytea, out secret uuid, out scopes text[])
returns setof record language plpgsql security definer set search_path = pg_catalog, pg_temp rows 1 as $$
declare
    moment timestamptz := app.clock();
    living app.api_clients := app.living_client(client);
begin
    return query
    select s.id, living.scopes from app.api_client_secrets s
    where s.client_id = living.id and s.hash = secret_hash and s.revoked_at is null
      and (s.expires_at is null or s.expires_at > moment);
    if found then
        update app.api_clients c set last_used_at = moment
        where c.id = client and (c.last_used_at is null or c.last_used_at <= moment - interval '1 hour');
    end if;
end $$;
grant execute on function app.client_signs_in(uuid, bytea) to ecopanier_api;
