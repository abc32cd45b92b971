-- Return whether an account is an admin's whose sign-in has not passed the second factor although it must.
-- Called by caller_role, so that no policy and no act takes them for an admin, and by the API when a transaction begins.
-- `rule` is the setting ECOPANIER_SECOND_FACTOR. Only `optional` lets admins work without a factor, so a transaction
-- that does not say the rule is bound by the strictest.
-- Definer, because it reads accounts and sessions for whoever calls it; only the API may execute it.
create or replace function app.admin_lacks_factor(account uuid, claims jsonb, rule text) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return rule is distinct from 'optional'
       and exists (select from app.accounts a where a.id = account and a.role = 'admin')
       and not app.factor_passed(account, claims);
end $$;
grant execute on function app.admin_lacks_factor(uuid, jsonb, text) to ecopanier_api;
