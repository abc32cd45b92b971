-- Raise EP403 unless the caller's sign-in may open beneficiaries' names (require_factor).
-- Called by open_persons, find_beneficiary and correct_person. Only the owner may execute it.
create or replace function app.require_factor_for_names() returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.require_factor();
end $$;
