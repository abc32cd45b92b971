-- Where things are. `auth` is Supabase's: it is made, with the two functions that policies ask, only where it is absent.
-- Made by the login that migrates, because Supabase's `postgres` cannot hand on its right to make schemas; from then on
-- the owner works.
create schema if not exists app authorization ecopanier_owner;
create schema if not exists jobs authorization ecopanier_owner;
-- The keys of persons, apart: a backup may leave this schema out.
create schema if not exists vault authorization ecopanier_owner;
-- What accounting law keeps, apart from everything else.
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
        -- The claims that the API sets at the begin of each transaction; null outside of one.
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
