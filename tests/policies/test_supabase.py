"""A database as Supabase hands it over, migrated into by its `postgres`, which is no superuser there."""

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
from tests.policies.servers import AnyPostgres, Release, a_server, releases
from tests.town import Town
from tests.town.databases import Copy
from tests.town.serving import Served

HERE = Path(__file__).parent / "supabase"

# Everything in schemas that are not ours: what it is, whose it is, who may what, and what hangs on it.
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
          where n.nspname in ('auth', 'storage', 'realtime', 'extensions', 'public')) s
"""

# Who the roles are that are not ours, what they may become, and what each time they log in brings along.
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


# For the session, so that pytest does all tests with one of them before it starts the next.
@pytest.fixture(scope="session", params=releases(), ids=str)
def cluster(request: pytest.FixtureRequest, servers_folder: Path) -> Iterator[AnyPostgres]:
    """A cluster with Supabase's roles."""
    release: Release = request.param
    with a_server(servers_folder, release, superuser="supabase_admin") as server:
        with psycopg.connect(server.url("supabase_admin", "postgres"), autocommit=True) as connection:
            connection.execute((HERE / "roles.sql").read_bytes())
        yield server


@dataclass(frozen=True)
class Project:
    """A project's database after we came, and what was not ours before."""

    copy: Copy
    before: tuple[Any, Any]


@pytest.fixture(scope="module", params=["migrate", "script"])
def project(request: pytest.FixtureRequest, cluster: AnyPostgres) -> Iterator[Project]:
    """A project's database into which its `postgres` migrated, by our program or by running the printed script."""
    copy = Copy(cluster, f"project_{request.param}")
    with psycopg.connect(cluster.url("supabase_admin", "template1"), autocommit=True) as admin:
        admin.execute(f"create database {copy.name}".encode())
        with psycopg.connect(copy.url("supabase_admin"), autocommit=True) as connection:
            connection.execute("alter role postgres superuser")
            connection.execute((HERE / "database.sql").read_bytes())
        before = not_ours(copy)
        if request.param == "migrate":
            migrate(copy.url("postgres"))
        else:
            with psycopg.connect(copy.url("postgres"), autocommit=True) as connection:
                connection.execute(script().encode())
        yield Project(copy, before)
        admin.execute(f"drop database {copy.name} with (force)".encode())


@pytest.fixture(scope="session")
def elsewhere(cluster: AnyPostgres, servers_folder: Path) -> Iterator[Copy]:
    """A database on a server of the same release that has nothing to do with Supabase."""
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


def test_nothing_that_is_not_ours_changes(project: Project) -> None:
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


def test_our_schema_is_the_same_as_anywhere_else(project: Project, elsewhere: Copy) -> None:
    assert schema_of_ours(project.copy, "supabase_admin") == schema_of_ours(elsewhere, "postgres")


def test_api_roles_get_no_more_than_our_grants(project: Project) -> None:
    granted = as_admin(project.copy, GRANTED)

    assert {role for role, _ in granted} == {"anon", "authenticated"}
    assert not [what for _, what in granted if what.startswith("jobs.")]
    # What is in `app` is compared as a whole above, and table by table in matrix.md.
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


def test_coming_again_changes_nothing(project: Project) -> None:
    before = schema_of_ours(project.copy, "supabase_admin")

    migrate(project.copy.url("postgres"))

    assert schema_of_ours(project.copy, "supabase_admin") == before
    assert not_ours(project.copy) == project.before


def test_the_data_api_of_supabase_reaches_what_row_level_security_shows(project: Project) -> None:
    """PostgREST logs in as authenticator and becomes anon or authenticated: the same policies hold."""
    with psycopg.connect(project.copy.url("authenticator")) as connection:
        claims = {"sub": "11111111-1111-4111-8111-111111111111", "role": "authenticated"}
        connection.execute(
            "select set_config('request.jwt.claims', %s, true), set_config('role', 'authenticated', true)",
            [json.dumps(claims)],
        )
        assert connection.execute("select count(*) from app.accounts").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select app.reserve(null, null, 1, 'key', '', '')")


async def test_a_free_portion_is_reserved_and_collected_there(
    project: Project, served: Served, client: httpx2.AsyncClient, tmp_path: Path
) -> None:
    await _a_free_portion_is_reserved_and_collected(project.copy, served, client, tmp_path)


async def test_a_free_portion_is_reserved_and_collected_elsewhere(
    elsewhere: Copy, served: Served, client: httpx2.AsyncClient, tmp_path: Path
) -> None:
    """On each release that this machine has."""
    await _a_free_portion_is_reserved_and_collected(elsewhere, served, client, tmp_path)


async def _a_free_portion_is_reserved_and_collected(
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
