-- Return the external ids by which programs know the caller, sealed, and whose programs they are.
-- Called by the export of a person's data. Definer, because nobody may read enrolments by software; it returns the caller's
-- own only.
create or replace function app.own_external_ids()
returns table (lookup bytea, sealed_external bytea, client text, organisation text, association text, seen_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
    select e.lookup, e.sealed_external, c.name, o.name, a.name, e.seen_at
    from key_vault.partner_enrolments e
    join app.api_clients c on c.id = e.client_id
    join app.organisations o on o.id = c.organisation_id
    join app.associations a on a.id = e.association_id
    where e.beneficiary_id = app.caller() order by e.id;
end $$;
grant execute on function app.own_external_ids() to authenticated;
