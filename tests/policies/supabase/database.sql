-- Create the schemas that a Supabase project's database has, and a `postgres` that is no superuser, does not own
-- the database, and may create roles. Run as supabase_admin in a new database.
create schema extensions;
create schema graphql;
create schema graphql_public;
create schema pgbouncer authorization pgbouncer;
create schema vault;
create schema auth authorization supabase_admin;
create schema storage authorization supabase_admin;
create schema realtime authorization supabase_admin;

create table auth.users (
    id uuid primary key,
    aud text,
    role text,
    email text unique,
    encrypted_password text,
    email_confirmed_at timestamptz,
    raw_app_meta_data jsonb,
    raw_user_meta_data jsonb,
    created_at timestamptz
);
create table auth.refresh_tokens (id bigserial primary key, token text, user_id text references auth.users (email));
create table auth.schema_migrations (version text primary key);
alter table auth.users enable row level security;
alter table auth.users owner to supabase_auth_admin;
alter table auth.refresh_tokens owner to supabase_auth_admin;
alter table auth.schema_migrations owner to supabase_auth_admin;
insert into auth.users (id, aud, role, email)
values ('11111111-1111-4111-8111-111111111111', 'authenticated', 'authenticated', 'amina@example.org');

create function auth.uid() returns uuid language sql stable as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim.sub', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid
$$;
create function auth.role() returns text language sql stable as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim.role', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role')
$$;
create function auth.jwt() returns jsonb language sql stable as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim', true), ''),
        nullif(current_setting('request.jwt.claims', true), ''))::jsonb
$$;
alter function auth.uid() owner to supabase_auth_admin;
alter function auth.role() owner to supabase_auth_admin;
alter function auth.jwt() owner to supabase_auth_admin;

create table storage.buckets (id text primary key, name text);
create table storage.objects (id uuid primary key, bucket_id text references storage.buckets);
alter table storage.buckets owner to supabase_storage_admin;
alter table storage.objects owner to supabase_storage_admin;
alter table storage.objects enable row level security;
create table realtime.messages (id uuid primary key, topic text);
alter table realtime.messages owner to supabase_realtime_admin;

-- Supabase Vault keeps secrets of the project; `postgres` may use it and create nothing there.
create table vault.secrets (id uuid primary key, name text, secret text not null, key_id uuid, nonce bytea);
create view vault.decrypted_secrets as select s.*, s.secret as decrypted_secret from vault.secrets s;
create function vault.create_secret(new_secret text) returns uuid language sql as $$
    insert into vault.secrets (id, secret) values (gen_random_uuid(), new_secret) returning id
$$;
grant usage on schema vault to postgres, service_role;
grant select, delete on vault.secrets, vault.decrypted_secrets to postgres, service_role;
create function pgbouncer.get_auth(name text) returns table (username text, password text)
language sql security definer as $$ select rolname::text, rolpassword from pg_authid where rolname = name $$;
alter function pgbouncer.get_auth(text) owner to supabase_admin;
revoke execute on function pgbouncer.get_auth(text) from public;
grant execute on function pgbouncer.get_auth(text) to pgbouncer;

-- The extensions of a new project, where this server has them.
do $$
declare
    name text;
begin
    for name in select e.name from pg_available_extensions e
                where e.name in ('pgcrypto', 'uuid-ossp', 'pg_stat_statements') loop
        execute format('create extension %I schema extensions', name);
    end loop;
end $$;

-- PostgREST is told of each change to the schema.
create function extensions.pgrst_ddl_watch() returns event_trigger language plpgsql as $$
begin
    notify pgrst, 'reload schema';
end $$;
create event trigger pgrst_ddl_watch on ddl_command_end execute function extensions.pgrst_ddl_watch();

grant usage on schema graphql, graphql_public to postgres, anon, authenticated, service_role;
grant usage on schema public, extensions to postgres, anon, authenticated, service_role;
grant usage on schema auth, storage to anon, authenticated, service_role;
grant all on all tables in schema storage to anon, authenticated, service_role;
grant all on schema auth to supabase_auth_admin, dashboard_user;
grant all on schema storage to supabase_storage_admin, dashboard_user;
grant usage on schema auth, storage, realtime to postgres;
grant all on all tables in schema auth, storage to postgres;
grant all on all sequences in schema auth, storage to postgres;
grant all on all routines in schema auth, storage to postgres;
grant all on schema extensions to postgres;
revoke all on auth.schema_migrations from postgres;

-- Whatever is created in `public` is open to the API roles, so nothing of ours may ever be created there.
alter default privileges for role postgres in schema public grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema public grant all on functions to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema public grant all on sequences to postgres, anon, authenticated, service_role;
alter default privileges for role supabase_admin in schema public grant all on tables to postgres, anon, authenticated, service_role;

do $$
begin
    execute format('grant all on database %I to postgres', current_database());  -- not with grant option
    if current_setting('server_version_num')::int >= 160000 then
        grant anon, authenticated, service_role to postgres with admin option;
    end if;
end $$;
alter role postgres nosuperuser createdb createrole login replication bypassrls;
