-- Who there is. Run first, by the login that migrates: a superuser, or on Supabase `postgres`, which is none.
-- Where Supabase's roles exist they are used as they stand; elsewhere the same names are made.
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
    -- Reads what accounting law keeps, and nothing else. Whoever keeps the books is made a member of it.
    if not exists (select from pg_roles where rolname = 'ecopanier_accountant') then
        create role ecopanier_accountant nologin noinherit;
    end if;

    -- The API may become its caller, and nothing else.
    if not pg_has_role('ecopanier_api', 'anon', 'member') then
        grant anon to ecopanier_api;
    end if;
    if not pg_has_role('ecopanier_api', 'authenticated', 'member') then
        grant authenticated to ecopanier_api;
    end if;

    -- Whoever migrates works as the owner. Before Postgres 16 membership is enough; since then SET is a right of its own.
    if not pg_has_role(current_user, 'ecopanier_owner', 'member')
       or (current_setting('server_version_num')::int >= 160000
           and not pg_has_role(current_user, 'ecopanier_owner', 'set')) then
        execute format('grant ecopanier_owner to %I', current_user);
    end if;
end $$;
