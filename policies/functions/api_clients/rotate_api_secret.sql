-- Add a second secret to an API client, and end the older one after `old_days` days. Returns the new secret's id. `ends`, if
-- given, is the client's own new end.
-- Called by POST /v1/api-clients/{client_id}/secrets. At most two secrets work at a time (EP409).
-- Definer, because nobody may write clients. Only who keeps them gets through. Locks: those of hold_api_client.
create or replace function app.rotate_api_secret(
    client uuid, secret_prefix text, secret_hash bytea, old_days int, ends timestamptz) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment timestamptz := app.clock();
    held   app.api_clients := app.hold_api_client(client);
    added  uuid;
begin
    if held.revoked_at is not null then raise exception 'api_client.revoked' using errcode = 'EP409'; end if;
    if coalesce(ends, held.expires_at) <= moment or ends > moment + interval '2 years' then
        raise exception 'api_client.expiry_invalid' using errcode = 'EP422';
    end if;
    if (select count(*) from app.api_client_secrets s
        where s.client_id = client and s.revoked_at is null and (s.expires_at is null or s.expires_at > moment)) >= 2 then
        raise exception 'api_client.two_secrets' using errcode = 'EP409';
    end if;
    update app.api_client_secrets s
    set expires_at = least(coalesce(s.expires_at, 'infinity'), moment + make_interval(days => old_days))
    where s.client_id = client and s.revoked_at is null and (s.expires_at is null or s.expires_at > moment);
    insert into app.api_client_secrets (client_id, prefix, hash, created_at)
    values (client, secret_prefix, secret_hash, moment) returning id into added;
    update app.api_clients c set expires_at = coalesce(ends, c.expires_at) where c.id = client;
    perform app.note_api_client('api_client.secret_added', held, jsonb_strip_nulls(jsonb_build_object(
        'secret', added, 'old_days', old_days, 'expires_at', ends)));
    return added;
end $$;
grant execute on function app.rotate_api_secret(uuid, text, bytea, int, timestamptz) to authenticated;
