-- Return the caller's role from our own table, never from a claim; null for nobody.
-- Called by policies and acts. Definer for the same reason as app.caller(), and lets through as little.
create or replace function app.caller_role() returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (select a.role from app.accounts a where a.id = app.caller());
end $$;
grant execute on function app.caller_role() to anon, authenticated;
