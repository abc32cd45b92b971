-- Create the schemas. Run after roles.sql in each migration.
-- Schema `auth` is Supabase's. It is made, with the two functions that policies may call, only if it is missing.
-- The login that migrates makes the schemas, because Supabase's `postgres` cannot pass on its right to do so. From
-- then on the migration works as the owner.
create schema if not exists app authorization ecopanier_owner;
create schema if not exists jobs authorization ecopanier_owner;
-- The data keys of persons have a schema of their own, so that a backup may leave it out.
create schema if not exists key_vault authorization ecopanier_owner;
-- What accounting law keeps has a schema of its own.
create schema if not exists accounting authorization ecopanier_owner;

do $$
begin
    if not exists (select from pg_namespace where nspname = 'auth') then
        create schema auth authorization ecopanier_owner;
    end if;
end $$;

set local role ecopanier_owner;

do $$
begin
    if exists (select from pg_namespace n
               where n.nspname = 'auth' and n.nspowner = 'ecopanier_owner'::regrole
                 and not exists (select from pg_proc p where p.pronamespace = n.oid and p.proname = 'uid')) then
        -- The claims that the API sets at the beginning of each transaction; null otherwise.
        create function auth.jwt() returns jsonb language sql stable as $f$
            select nullif(current_setting('request.jwt.claims', true), '')::jsonb
        $f$;
        create function auth.uid() returns uuid language sql stable as $f$
            select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid
        $f$;
        grant usage on schema auth to anon, authenticated;
        grant execute on function auth.jwt(), auth.uid() to anon, authenticated;
    end if;
end $$;

alter default privileges for role ecopanier_owner revoke execute on functions from public;
grant usage on schema app to anon, authenticated, ecopanier_api, ecopanier_worker;
grant usage on schema jobs to ecopanier_worker;
