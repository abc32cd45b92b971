"""A database as Supabase provides it, migrated as its `postgres`, which is no superuser there."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest

from backend.database.migrate import migrate, script
from tests.policies.servers import AnyPostgres, Release, a_server, a_supabase_server, create_supabase_project, releases
from tests.town import Town
from tests.town.databases import Copy
from tests.town.serving import Served

# Everything in schemas that are not ours: relations, functions, owners, privileges, policies and triggers.
NOT_OURS = """
    select json_build_object(
        'relations', (select json_agg(row(c.oid::regclass, c.relkind, c.relowner::regrole, c.relacl, c.relrowsecurity,
                                          c.relforcerowsecurity) order by c.oid)
                      from pg_class c where c.relnamespace = any (s.schemas)),
        'functions', (select json_agg(row(p.oid::regprocedure, p.proowner::regrole, p.proacl, p.prosrc) order by p.oid)
                      from pg_proc p where p.pronamespace = any (s.schemas)),
        'policies', (select json_agg(row(p.polname, p.polrelid::regclass)) from pg_policy p
                     join pg_class c on c.oid = p.polrelid where c.relnamespace = any (s.schemas)),
        'triggers', (select json_agg(row(t.tgname, t.tgrelid::regclass) order by t.oid) from pg_trigger t
                     join pg_class c on c.oid = t.tgrelid where c.relnamespace = any (s.schemas)),
        'schemas', (select json_agg(row(n.nspname, n.nspowner::regrole, n.nspacl) order by n.oid)
                    from pg_namespace n where n.oid = any (s.schemas)),
        'database', (select row(d.datdba::regrole, d.datacl)
                     from pg_database d where d.datname = current_database()))
    from (select array_agg(n.oid) as schemas from pg_namespace n
          where n.nspname in ('auth', 'storage', 'realtime', 'extensions', 'public', 'graphql', 'graphql_public',
                            'pgbouncer', 'vault')) s
"""

# The roles that are not ours: their attributes, their memberships and their settings.
ROLES = """
    select json_agg(json_build_object(
        'role', row(r.rolname, r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin,
                    r.rolreplication, r.rolbypassrls),
        'settings', (select json_agg(s.setconfig order by s.setdatabase) from pg_db_role_setting s
                     where s.setrole = r.oid),
        'member of', (select json_agg(m.roleid::regrole::text order by 1) from pg_auth_members m
                      where m.member = r.oid and m.roleid::regrole::text not like 'ecopanier%')) order by r.rolname)
    from pg_roles r where r.rolname not like 'ecopanier%' and r.rolname not like 'pg\\_%'
"""

GRANTED = """
    select grantee::regrole::text, coalesce(n.nspname || '.', '') || what
    from (select c.relnamespace as schema, a.grantee, c.relname || ' ' || a.privilege_type as what
          from pg_class c cross join aclexplode(c.relacl) a
          union all
          select p.pronamespace, a.grantee, p.proname || ' ' || a.privilege_type
          from pg_proc p cross join aclexplode(p.proacl) a
          union all
          select c.relnamespace, a.grantee, c.relname || '.' || t.attname || ' ' || a.privilege_type
          from pg_attribute t join pg_class c on c.oid = t.attrelid cross join aclexplode(t.attacl) a
          union all
          select s.oid, a.grantee, s.nspname || ' ' || a.privilege_type
          from pg_namespace s cross join aclexplode(s.nspacl) a) granted
    join pg_namespace n on n.oid = granted.schema
    where n.nspname in ('app', 'jobs')
      and grantee in (select oid from pg_roles
                      where rolname in ('anon', 'authenticated', 'service_role', 'authenticator'))
    order by 1, 2
"""


def as_admin(copy: Copy, query: str) -> Any:
    with psycopg.connect(copy.url("supabase_admin"), autocommit=True) as connection:
        return connection.execute(query.encode()).fetchall()


# Session scope, so that pytest runs all tests with one release before it starts the next.
@pytest.fixture(scope="session", params=releases(), ids=str)
def cluster(request: pytest.FixtureRequest, servers_folder: Path) -> Iterator[AnyPostgres]:
    """A server of each release, with Supabase's roles."""
    release: Release = request.param
    with a_supabase_server(servers_folder, release) as server:
        yield server


@dataclass(frozen=True)
class Project:
    """A migrated Supabase database, and the state of everything that is not ours from before."""

    copy: Copy
    before: tuple[Any, Any]


@pytest.fixture(scope="module", params=["migrate", "script"])
def project(request: pytest.FixtureRequest, cluster: AnyPostgres) -> Iterator[Project]:
    """A Supabase database, migrated as `postgres` by our program or with the printed script."""
    copy = create_supabase_project(cluster, f"project_{request.param}")
    before = not_ours(copy)
    if request.param == "migrate":
        migrate(copy.url("postgres"))
    else:
        with psycopg.connect(copy.url("postgres"), autocommit=True) as connection:
            connection.execute(script().encode())
    yield Project(copy, before)
    with psycopg.connect(cluster.url("supabase_admin", "template1"), autocommit=True) as admin:
        admin.execute(f"drop database {copy.name} with (force)".encode())


@pytest.fixture(scope="session")
def elsewhere(cluster: AnyPostgres, servers_folder: Path) -> Iterator[Copy]:
    """A migrated database on a plain server of the same release, without Supabase's roles and schemas."""
    with a_server(servers_folder, Release(cluster.major_version, cluster.bin)) as server:
        copy = Copy(server, "postgres")
        migrate(copy.url())
        yield copy


def not_ours(copy: Copy) -> tuple[Any, Any]:
    return as_admin(copy, NOT_OURS), as_admin(copy, ROLES)


def schema_of_ours(copy: Copy, superuser: str) -> str:
    dumped = subprocess.run(
        [copy.server.bin / "pg_dump", "--schema-only", "--schema=app", "--schema=jobs", copy.url(superuser)],
        capture_output=True,
        text=True,
        check=True,
    )
    text = dumped.stdout.replace("\t", "    ")  # as Alembic prints them
    return "\n".join(line for line in text.splitlines() if not line.startswith(("--", "\\")))


def test_migrating_changes_nothing_that_is_not_ours(project: Project) -> None:
    assert not_ours(project.copy) == project.before


@pytest.mark.parametrize(
    "fault",
    [
        "create function auth.role_of_ours() returns text language sql as $$ select 'admin' $$",
        "create policy open on storage.objects for select to anon using (true)",
        "create table public.left_over ()",
        "grant usage on schema auth to ecopanier_api",
        "alter role authenticator set statement_timeout = 0",
        "grant service_role to anon",
        "grant create on database {database} to ecopanier_owner",
    ],
)
def test_control_a_change_to_what_is_not_ours_is_noticed(project: Project, fault: str) -> None:
    with psycopg.connect(project.copy.url("supabase_admin")) as connection:
        connection.execute(fault.format(database=project.copy.name).encode())
        seen = tuple(connection.execute(query.encode()).fetchall() for query in (NOT_OURS, ROLES))
        connection.rollback()
    assert seen != project.before


def test_our_schema_is_the_same_as_on_a_plain_server(project: Project, elsewhere: Copy) -> None:
    assert schema_of_ours(project.copy, "supabase_admin") == schema_of_ours(elsewhere, "postgres")


def test_supabase_s_roles_get_only_our_grants(project: Project) -> None:
    granted = as_admin(project.copy, GRANTED)

    assert {role for role, _ in granted} == {"anon", "authenticated"}
    assert not [what for _, what in granted if what.startswith("jobs.")]
    # The grants in `app` are compared as a whole by the test above, and table by table with matrix.md.
    logins = as_admin(
        project.copy,
        "select rolname, rolsuper or rolbypassrls or rolcreaterole or rolinherit from pg_roles"
        " where rolname like 'ecopanier%' order by 1",
    )
    ours = ("ecopanier_accountant", "ecopanier_api", "ecopanier_owner", "ecopanier_worker")
    assert logins == [(role, False) for role in ours]
    members = as_admin(
        project.copy,
        "select distinct member::regrole::text from pg_auth_members where roleid = 'ecopanier_owner'::regrole",
    )
    assert members == [("postgres",)]


def test_migrating_again_changes_nothing(project: Project) -> None:
    before = schema_of_ours(project.copy, "supabase_admin")

    migrate(project.copy.url("postgres"))
    with psycopg.connect(project.copy.url("postgres"), autocommit=True) as connection:
        connection.execute(script().encode())

    assert schema_of_ours(project.copy, "supabase_admin") == before
    assert not_ours(project.copy) == project.before


def test_supabase_s_data_api_is_bound_by_row_level_security(project: Project) -> None:
    """PostgREST logs in as authenticator and switches to anon or authenticated; the same policies apply."""
    with psycopg.connect(project.copy.url("authenticator")) as connection:
        claims = {"sub": "11111111-1111-4111-8111-111111111111", "role": "authenticated"}
        connection.execute(
            "select set_config('request.jwt.claims', %s, true), set_config('role', 'authenticated', true)",
            [json.dumps(claims)],
        )
        assert connection.execute("select count(*) from app.accounts").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select app.reserve(null, null, 1, 'key', '', '')")


async def test_a_free_portion_is_reserved_and_collected_on_supabase(
    project: Project, served: Served, client: httpx2.AsyncClient, tmp_path: Path
) -> None:
    await _reserve_and_collect_a_free_portion(project.copy, served, client, tmp_path)


async def test_a_free_portion_is_reserved_and_collected_on_a_plain_server(
    elsewhere: Copy, served: Served, client: httpx2.AsyncClient, tmp_path: Path
) -> None:
    """On each release that is installed."""
    await _reserve_and_collect_a_free_portion(elsewhere, served, client, tmp_path)


async def _reserve_and_collect_a_free_portion(
    copy: Copy, served: Served, client: httpx2.AsyncClient, folder: Path
) -> None:
    async with Town.opened(copy, served, client, folder) as town:
        amina = await town.a_beneficiary()
        lot = await town.a_free_lot(left=5)

        reservation = await amina.reserves(lot, 2)
        refusal = await amina.tries_to_reserve(lot)
        await town.opens(lot)
        await lot.shop.merchant.hands_over(await amina.pass_for(reservation))
        await town.worker_runs()

        assert refusal.code == "quota.daily_reached"
        assert (await amina.reservation(reservation)).status == "picked_up"
        assert await town.left(lot) == 3
