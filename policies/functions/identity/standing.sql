-- What an account may be here now: its role, 'suspended', or null when there is no such account, or none any more.
-- Definer and for the API alone, which asks at the begin of each transaction, before it becomes its caller.
create or replace function app.standing(account uuid) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (select case a.status when 'active' then a.role else a.status end
            from app.accounts a where a.id = account and a.status <> 'erased');
end $$;
grant execute on function app.standing(uuid) to ecopanier_api;
