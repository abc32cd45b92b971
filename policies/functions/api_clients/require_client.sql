-- Return an API client that works and has a scope; raise EP401 if it does not work any more, EP403 without the scope.
-- From then on the transaction acts for it: note names it.
-- Called first by every act that a client asks for, so that a client that was revoked stops at once. Definer, because
-- nobody may read clients; only the owner may execute it. Locks nothing.
create or replace function app.require_client(client uuid, scope text) returns app.api_clients
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    living app.api_clients := app.living_client(client);
begin
    if living.id is null then raise exception 'access.unauthenticated' using errcode = 'EP401'; end if;
    if scope <> all (living.scopes) then raise exception 'client.scope_missing' using errcode = 'EP403'; end if;
    perform set_config('app.client', client::text, true);
    return living;
end $$;
