-- The account on whose behalf this transaction runs; null for nobody, and at once for a suspended account.
-- Definer, because it must see any account's state before a policy may show anything: lets through one's own id only.
-- Reads the claims itself, as auth.uid() does, so that no right on Supabase's auth schema is needed.
create or replace function app.caller() returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (select a.id from app.accounts a
            where a.id = (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid
              and a.status = 'active');
end $$;
grant execute on function app.caller() to anon, authenticated, ecopanier_api;
