-- Return a batch of an API client: who was accepted and who refused, by the sealed external id. No row if it is none of the
-- client's. It says nothing that depends on whether somebody is enrolled elsewhere, and no time at which anything was done.
-- Called by GET /v1/partners/batches/{batch_id}. Raises what require_client raises. Definer, because nobody may read
-- batches; only the API may execute it.
create or replace function app.client_batch(client uuid, batch uuid)
returns table (status text, association_id uuid, created_at timestamptz, lookup bytea, sealed_external bytea, outcome text,
               errors text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    perform app.require_client(client, 'beneficiaries:enrol');
    return query
    select x.status, x.association_id, x.created_at, i.lookup, i.sealed_external, i.outcome, i.errors::text
    from app.partner_batches x join key_vault.partner_people i on i.batch_id = x.id
    where x.id = batch and x.client_id = client order by i.place;
end $$;
grant execute on function app.client_batch(uuid, uuid) to ecopanier_api;
