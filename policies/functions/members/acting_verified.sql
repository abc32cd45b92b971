-- Return the association for which the caller acts as its owner or staff, if an admin has verified it; null otherwise.
-- Called by acts that enrol people, find them, make cards or register kiosks. Only the owner may execute it.
-- Raises what acting_association raises.
create or replace function app.acting_verified() returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (select a.id from app.associations a where a.id = app.acting_association('staff') and a.status = 'verified');
end $$;
