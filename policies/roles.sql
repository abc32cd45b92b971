-- Create the roles that are missing, and grant memberships.
-- Run first in each migration, by the login that migrates: a superuser or, on Supabase, `postgres`, which is not one.
-- Supabase's own roles are used as they are; elsewhere roles with the same names are made.
do $$
begin
    if not exists (select from pg_roles where rolname = 'anon') then
        create role anon nologin noinherit;
    end if;
    if not exists (select from pg_roles where rolname = 'authenticated') then
        create role authenticated nologin noinherit;
    end if;
    if not exists (select from pg_roles where rolname = 'ecopanier_owner') then
        create role ecopanier_owner nologin noinherit;
    end if;
    if not exists (select from pg_roles where rolname = 'ecopanier_api') then
        create role ecopanier_api login noinherit;
    end if;
    if not exists (select from pg_roles where rolname = 'ecopanier_worker') then
        create role ecopanier_worker login noinherit;
    end if;
    -- Reads what accounting law keeps, and nothing else. The logins of accountants are made members of it.
    if not exists (select from pg_roles where rolname = 'ecopanier_accountant') then
        create role ecopanier_accountant nologin noinherit;
    end if;

    -- What sessions begin with belongs to the logins: PgBouncer refuses such settings from a client. `jit` costs more than
    -- it saves with short statements; the queue's own statements name its tables without their schema.
    -- See docs/decisions/settings-of-the-logins.md.
    if not exists (select from pg_roles where rolname = 'ecopanier_api' and rolconfig @> array['jit=off']) then
        alter role ecopanier_api set jit = off;
    end if;
    if not exists (select from pg_roles where rolname = 'ecopanier_worker'
                   and rolconfig @> array['jit=off', 'search_path=jobs, pg_catalog']) then
        alter role ecopanier_worker set jit = off;
        alter role ecopanier_worker set search_path = jobs, pg_catalog;
    end if;

    -- The API may become its caller, and nothing else.
    if not pg_has_role('ecopanier_api', 'anon', 'member') then
        grant anon to ecopanier_api;
    end if;
    if not pg_has_role('ecopanier_api', 'authenticated', 'member') then
        grant authenticated to ecopanier_api;
    end if;

    -- The login that migrates works as the owner. Before Postgres 16 membership is enough; since then SET is a separate
    -- privilege.
    if not pg_has_role(current_user, 'ecopanier_owner', 'member')
       or (current_setting('server_version_num')::int >= 160000
           and not pg_has_role(current_user, 'ecopanier_owner', 'set')) then
        execute format('grant ecopanier_owner to %I', current_user);
    end if;
end $$;
