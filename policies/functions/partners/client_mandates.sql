-- Return the associations that an API client may enrol people for at present, in the order of their names.
-- Called by GET /v1/partners/mandates. Raises what require_client raises. Definer, because nobody may read mandates; only
-- the API may execute it.
create or replace function app.client_mandates(client uuid) returns table (association_id uuid, name text, granted_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.require_client(client, 'beneficiaries:enrol');
    return query
    select a.id, a.name, m.granted_at from app.mandates m join app.associations a on a.id = m.association_id
    where m.client_id = client and m.ended_at is null and app.association_works(a.id) order by a.name, a.id;
end $$;
grant execute on function app.client_mandates(uuid) to ecopanier_api;
