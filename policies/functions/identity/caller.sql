-- Return the account on whose behalf this transaction runs; null for nobody and, at once, for a suspended account.
-- Called by nearly every policy and act.
-- Definer, because it must see an account's state before any policy shows the account; it lets through the caller's
-- own id only. It reads the claims itself, as auth.uid() does, so that no grant on Supabase's auth schema is needed.
create or replace function app.caller() returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (select a.id from app.accounts a
            where a.id = (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid
              and a.status = 'active');
end $$;
grant execute on function app.caller() to anon, authenticated, ecopanier_api;
