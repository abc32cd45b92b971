-- Return one row per problem with the protection of tables and functions; no row means that everything is in order.
-- Run at the end of each migration, and by the API and the worker before they start. Names have their schema, which a
-- regclass in the search path of the login would leave out.
select format('table %s: row-level security is not forced', c.relnamespace::regnamespace || '.' || c.relname) as problem
from pg_class c
where c.relnamespace::regnamespace::text in ('app', 'jobs', 'key_vault', 'accounting') and c.relkind in ('r', 'p')
  and not (c.relrowsecurity and c.relforcerowsecurity)
union all
select format('table %s has no policy', c.relnamespace::regnamespace || '.' || c.relname) from pg_class c
where c.relnamespace::regnamespace::text in ('app', 'jobs', 'key_vault', 'accounting') and c.relkind in ('r', 'p')
  and not exists (select from pg_policy p where p.polrelid = c.oid)
union all
-- An empty search path is not enough: pg_temp is then searched first, and the caller could put a type there whose
-- functions would run as the owner.
select format('function %s runs as its owner with a search path that others can fill', p.oid::regprocedure) from pg_proc p
where p.pronamespace = 'app'::regnamespace and p.prosecdef
  and not coalesce(p.proconfig, '{}')
      && array['search_path=pg_catalog, pg_temp', 'search_path=jobs, pg_catalog, pg_temp']
union all
select format('function %s may be executed by everybody', p.oid::regprocedure) from pg_proc p
where p.pronamespace = 'app'::regnamespace and p.prosecdef
  and (p.proacl is null or exists (select from aclexplode(p.proacl) a where a.grantee = 0))
union all
select format('role %s may bypass row-level security', r.rolname) from pg_roles r
where r.rolname in ('ecopanier_owner', 'ecopanier_api', 'ecopanier_worker') and (r.rolbypassrls or r.rolsuper)
union all
select format('view %s is not security_invoker', c.relnamespace::regnamespace || '.' || c.relname) from pg_class c
where c.relnamespace::regnamespace::text in ('app', 'accounting') and c.relkind = 'v'
  and not coalesce(c.reloptions, '{}') && array['security_invoker=true', 'security_invoker=on']
union all
select format('policy "%s" on %s is for everybody', p.polname, c.relnamespace::regnamespace || '.' || c.relname) from pg_policy p
join pg_class c on c.oid = p.polrelid
where c.relnamespace::regnamespace::text in ('app', 'jobs', 'key_vault', 'accounting') and 0 = any (p.polroles)
union all
-- A function or view runs with the rights of its owner, and on Supabase the role `postgres` bypasses row-level security.
select format('%s does not belong to ecopanier_owner', c.relnamespace::regnamespace || '.' || c.relname) from pg_class c
where c.relnamespace::regnamespace::text in ('app', 'jobs', 'key_vault', 'accounting') and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
  and c.relowner <> 'ecopanier_owner'::regrole
union all
select format('function %s does not belong to ecopanier_owner', p.oid::regprocedure) from pg_proc p
where p.pronamespace::regnamespace::text in ('app', 'jobs', 'key_vault', 'accounting') and p.proowner <> 'ecopanier_owner'::regrole
union all
select format('%s is granted to everybody', c.relnamespace::regnamespace || '.' || c.relname) from pg_class c cross join aclexplode(c.relacl) a
where c.relnamespace::regnamespace::text in ('app', 'jobs', 'key_vault', 'accounting') and a.grantee = 0
union all
select format('%s cannot have row-level security', c.relnamespace::regnamespace || '.' || c.relname) from pg_class c
where c.relnamespace::regnamespace::text in ('app', 'jobs', 'key_vault', 'accounting') and c.relkind in ('m', 'f')
