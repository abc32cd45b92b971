-- Return whether an association is verified and the account that answers for it active.
-- Called by mandates_seen, mandated and enrol_batch. Definer, because it reads associations; only the owner may execute it.
create or replace function app.association_works(association uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return exists (select from app.associations a join app.accounts x on x.id = a.owner_id
                   where a.id = association and a.status = 'verified' and x.status = 'active');
end $$;
