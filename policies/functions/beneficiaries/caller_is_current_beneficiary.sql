-- Return whether the caller may see and reserve free lots today.
-- Called by the policy of app.lots that shows free lots, and by reads of lots and of the caller's own account.
-- Definer, because is_current_beneficiary answers about anybody and only the owner may execute it: this answers about
-- the caller only.
create or replace function app.caller_is_current_beneficiary() returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return coalesce(app.is_current_beneficiary(app.caller()), false);
end $$;
grant execute on function app.caller_is_current_beneficiary() to anon, authenticated;
