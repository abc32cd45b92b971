-- Return what an account may be now: its role, 'suspended', or null if it does not exist or was erased.
-- Called by the API at the beginning of each transaction, before it becomes its caller, and by require_role and
-- rotate_session.
-- Definer, because the API itself may read no account; only the API may execute it.
create or replace function app.standing(account uuid) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (select case a.status when 'active' then a.role else a.status end
            from app.accounts a where a.id = account and a.status <> 'erased');
end $$;
grant execute on function app.standing(uuid) to ecopanier_api;
