"""The two logins with and without an identity, and the logins and databases that the program refuses."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import psycopg
import pytest

from backend.database.safety import UnsafeDatabase
from backend.database.sessions import Database
from backend.settings import settings
from tests.policies.scene import Scene, two_of_everybody
from tests.policies.test_matrix import tables
from tests.town import Town
from tests.town.databases import API, WORKER, Connection, Copy

LOGINS = (API, WORKER)


@pytest.fixture(scope="module")
async def scene(lasting_town: Town) -> Scene:
    return await two_of_everybody(lasting_town)


@pytest.fixture
async def api(lasting_town: Town) -> AsyncIterator[Connection]:
    async with lasting_town.copy.connection(API) as connection:
        yield connection


async def becomes(connection: Connection, claims: Any, role: str = "authenticated") -> None:
    await connection.execute(
        "select set_config('request.jwt.claims', $1, true), set_config('role', $2, true)",
        claims if isinstance(claims, str) else json.dumps(claims),
        role,
    )


# Without an identity


async def test_without_an_identity_the_api_reads_no_table(lasting_town: Town, scene: Scene, api: Connection) -> None:
    for table in await tables(lasting_town):
        if table != "app.alembic_version":
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await api.fetch(f"select from {table}")


@pytest.mark.parametrize("login", LOGINS)
@pytest.mark.parametrize("role", ["ecopanier_owner", "postgres", "ecopanier_worker", "pg_read_all_data"])
async def test_a_login_cannot_take_on_a_role_with_more_rights(lasting_town: Town, login: str, role: str) -> None:
    async with lasting_town.copy.connection(login) as connection:
        if role == login:
            return
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(f"set role {role}")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(f"set session authorization {role}")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(f"grant {role} to {login}")


@pytest.mark.parametrize("login", LOGINS)
@pytest.mark.parametrize(
    "statement",
    [
        "alter table app.lots disable row level security",
        'drop policy "Verified shops are seen by anyone" on app.shops',
        'create policy "Mine" on app.lots for select to authenticated using (true)',
        "create or replace function app.caller_role() returns text language sql as $$ select 'admin' $$",
        "create function app.back_door() returns int language sql as 'select 1'",
        "create table app.mine ()",
        "create role me superuser",
        "alter role ecopanier_api bypassrls",
        "truncate app.lots cascade",
    ],
)
async def test_a_login_cannot_change_rules_roles_or_schema(lasting_town: Town, login: str, statement: str) -> None:
    async with lasting_town.copy.connection(login) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)


# Claims


@pytest.mark.parametrize(
    "forged",
    [
        {"role": "admin"},
        {"role": "service_role"},
        {"user_role": "admin", "app_metadata": {"role": "admin"}, "user_metadata": {"role": "admin"}},
        {"aud": "admin", "is_admin": True},
    ],
)
async def test_a_forged_role_in_the_claims_has_no_effect(scene: Scene, api: Connection, forged: dict[str, Any]) -> None:
    async with api.transaction():
        await becomes(api, {"sub": str(scene.first["customer"].id), **forged})
        assert await api.fetchval("select app.caller_role()") == "customer"
        assert await api.fetch("select id from app.decisions") == []
        assert await api.fetchval("select count(*) from app.accounts") == 1


@pytest.mark.parametrize(
    "claims", ["", "{}", '{"sub": null}', '{"sub": "00000000-0000-0000-0000-000000000000"}', "null", "[]"]
)
async def test_claims_without_a_known_account_see_no_personal_rows(scene: Scene, api: Connection, claims: str) -> None:
    async with api.transaction():
        await becomes(api, claims)
        assert await api.fetchval("select app.caller()") is None
        for table in ("accounts", "reservations", "passes", "payments", "beneficiaries", "beneficiary_persons"):
            assert await api.fetchval(f"select count(*) from app.{table}") == 0  # noqa: S608 - named above


@pytest.mark.parametrize("claims", ["not json", '{"sub": "1 or 1=1"}', '{"sub": "admin"}'])
async def test_malformed_claims_raise_an_error(scene: Scene, api: Connection, claims: str) -> None:
    with pytest.raises(asyncpg.DataError):  # noqa: PT012 - any statement of the transaction may be the one that fails
        async with api.transaction():
            await becomes(api, claims)
            await api.fetch("select id from app.accounts")


async def test_claims_under_the_anon_role_give_no_access(scene: Scene, api: Connection) -> None:
    async with api.transaction():
        await becomes(api, {"sub": str(scene.first["admin"].id)}, role="anon")
        for table in ("accounts", "reservations", "decisions"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with api.transaction():
                    await api.fetch(f"select from app.{table}")


async def test_an_identity_ends_with_its_transaction(scene: Scene, api: Connection) -> None:
    async with api.transaction():
        await becomes(api, {"sub": str(scene.first["customer"].id)})
        assert await api.fetchval("select count(*) from app.accounts") == 1

    assert await api.fetchval("select current_user") == API
    assert await api.fetchval("select app.caller()") is None
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await api.fetch("select from app.accounts")


@pytest.mark.parametrize("role", ["customer", "merchant", "beneficiary", "association", "admin"])
async def test_a_suspended_account_loses_access_with_the_next_statement(town: Town, role: str) -> None:
    scene = await two_of_everybody(town)
    person = scene.first[role]
    seen = "select count(*) from app.sessions"
    async with town.sql_as(person) as connection:
        assert await connection.fetchval(seen) == 1

        await town.changes("update app.accounts set status = 'suspended' where id = $1", person.id)

        assert await connection.fetchval("select app.caller()") is None
        assert await connection.fetchval("select app.caller_role()") is None
        assert await connection.fetchval("select app.caller_is_current_beneficiary()") is False
        for table in ("accounts", "sessions", "reservations", "beneficiaries", "beneficiary_persons", "decisions"):
            assert await connection.fetchval(f"select count(*) from app.{table}") == 0  # noqa: S608 - named above
        assert await connection.fetchval("select count(*) from app.lots where status <> 'published'") == 0
        assert await connection.fetchval("select count(*) from app.shops where status <> 'verified'") == 0


# Temporary objects, which any role may create

TYPES = ("uuid", "text", "timestamptz", "date", "json", "jsonb", "bytea", "float8", "point", "int4", "bool")
ARGUMENTS = {
    "uuid": "'11111111-1111-4111-8111-111111111111'::pg_catalog.uuid",
    "text": "'verified'::pg_catalog.text",
    "bytea": "''::pg_catalog.bytea",
}


LISTENING_TYPE = """
create function pg_temp.listen(v pg_catalog.NAME) returns pg_catalog.bool language plpgsql as $$
begin
    insert into pg_temp.heard values (current_user);
    return true;
end $$;
create domain pg_temp.NAME as pg_catalog.NAME check (pg_temp.listen(value));
"""


async def plant_listening_types(connection: Connection) -> None:
    """Create temporary types with the names that functions use, which record the role that uses them."""
    await connection.execute("create temp table heard (from_whom text); grant all on heard to public")
    for name in TYPES:
        await connection.execute(LISTENING_TYPE.replace("NAME", name))


async def functions_of(town: Town, role: str) -> list[tuple[str, str]]:
    """Return every definer function that a role may execute, with arguments that it accepts."""
    rows = await town.rows(
        """
        select p.proname, (select array_agg(format_type(t.type, null) order by t.place)
                           from unnest(p.proargtypes) with ordinality as t (type, place)) as types
        from pg_proc p
        where p.pronamespace = 'app'::regnamespace and p.prosecdef and has_function_privilege($1, p.oid, 'EXECUTE')
        """,
        role,
    )
    return [
        (row["proname"], ", ".join(ARGUMENTS.get(t, f"null::pg_catalog.{_plain(t)}") for t in row["types"] or ()))
        for row in rows
    ]


def _plain(type_: str) -> str:
    one = type_.removesuffix("[]")
    short = {
        "integer": "int4",
        "bigint": "int8",
        "boolean": "bool",
        "timestamp with time zone": "timestamptz",
        "time without time zone": "time",
        "double precision": "float8",
    }.get(one, one)
    return short + type_.removeprefix(one)


async def call(connection: Connection, act: str, arguments: str) -> None:
    """Call a function and ignore its refusals; raise if it could not be called at all."""
    try:
        async with connection.transaction():
            await connection.execute(f"select app.{act}({arguments})")
    except asyncpg.PostgresError as refusal:
        if refusal.sqlstate in ("42501", "42601", "42704", "42883"):
            raise  # the call itself is wrong


@pytest.mark.parametrize("role", ["authenticated", "anon"])
async def test_a_caller_s_own_types_do_not_run_as_the_owner(town: Town, role: str) -> None:
    scene = await two_of_everybody(town)
    acts = await functions_of(town, role)
    assert acts
    for person in (scene.first["admin"], scene.first["customer"]):
        async with town.sql_as(person, role) as connection:
            await plant_listening_types(connection)
            for act, arguments in acts:
                await call(connection, act, arguments)
            assert await connection.fetch("select distinct from_whom from pg_temp.heard") == []


async def test_control_an_empty_search_path_runs_a_caller_s_type_as_the_owner(town: Town) -> None:
    scene = await two_of_everybody(town)
    await town.changes("alter function app.claim_key(text, bytea, int) set search_path = ''")
    async with town.sql_as(scene.first["customer"]) as connection:
        await plant_listening_types(connection)
        await call(connection, "claim_key", "'key', ''")
        heard = await connection.fetch("select distinct from_whom from pg_temp.heard")
    assert [row["from_whom"] for row in heard] == ["ecopanier_owner"]


# Logins and databases that the program refuses


async def refusal_of(copy: Copy, login: str) -> str | None:
    """Open the database as this login; return the reason why it was refused, or None."""
    try:
        database = await Database.open(copy.url(login), settings())
    except UnsafeDatabase as refusal:
        return str(refusal)
    await database.close()
    return None


@contextmanager
def a_login(copy: Copy, attributes: str, *grants: str) -> Iterator[str]:
    """Create a login with these attributes and grants; drop it afterwards, because roles belong to the whole server."""
    with psycopg.connect(copy.url(), autocommit=True) as connection:
        connection.execute(f"create role stranger login noinherit {attributes}".encode())
        try:
            for grant in grants:
                connection.execute(grant.encode())
            yield "stranger"
        finally:
            connection.execute("drop owned by stranger cascade")
            connection.execute("drop role stranger")


async def test_the_program_starts_with_its_own_logins(lasting_town: Town) -> None:
    assert [await refusal_of(lasting_town.copy, login) for login in LOGINS] == [None, None]


async def test_the_program_refuses_a_superuser(lasting_town: Town) -> None:
    said = await refusal_of(lasting_town.copy, "postgres")
    assert said is not None
    assert "could bypass row-level security" in said
    assert "ecopanier_api" in said


@pytest.mark.parametrize(
    ("attributes", "grant"),
    [
        ("bypassrls", None),
        ("createrole", None),
        ("", "grant ecopanier_owner to stranger"),
        ("", "grant postgres to stranger"),
    ],
)
async def test_the_program_refuses_a_login_that_could_bypass_policies(
    lasting_town: Town, attributes: str, grant: str | None
) -> None:
    with a_login(lasting_town.copy, attributes, *([grant] if grant else [])) as login:
        said = await refusal_of(lasting_town.copy, login)
    assert said is not None
    assert "could bypass row-level security" in said


async def test_the_program_refuses_a_database_without_tables(town: Town) -> None:
    await town.changes("drop schema app cascade")
    assert "no tables yet" in str(await refusal_of(town.copy, API))


FAULTS = {
    "row-level security is not forced": "alter table app.lots no force row level security",
    "table app.lots: row-level security is not forced": "alter table app.lots disable row level security",
    "table app.forgotten has no policy": "create table app.forgotten (); alter table app.forgotten force row level "
    "security; alter table app.forgotten enable row level security; alter table app.forgotten owner to ecopanier_owner",
    "table jobs.procrastinate_jobs has no policy": 'drop policy "Acts queue jobs" on '
    'jobs.procrastinate_jobs; drop policy "The worker takes jobs from the queue" on jobs.procrastinate_jobs',
    "app.caller() runs as its owner with a search path that others can fill": "alter function app.caller() "
    "set search_path = ''",
    "may be executed by everybody": "grant execute on function app.caller() to public",
    "is not security_invoker": "create view app.all_lots as select * from app.lots",
    "is for everybody": 'create policy "Open" on app.lots for select using (true)',
    "app.mine does not belong to ecopanier_owner": "create table app.mine (); alter table app.mine enable row level "
    "security; alter table app.mine force row level security; create policy p on app.mine to anon using (true)",
    "function app.mine() does not belong to ecopanier_owner": "create function app.mine() returns int "
    "language sql as 'select 1'",
    "app.lots is granted to everybody": "grant select on app.lots to public",
    "app.summary cannot have row-level security": "create materialized view app.summary as select 1 as one",
}


@pytest.mark.parametrize("said", FAULTS)
async def test_the_program_refuses_a_database_with_a_planted_fault(town: Town, said: str) -> None:
    assert await refusal_of(town.copy, API) is None
    await town.changes(FAULTS[said])
    assert said in str(await refusal_of(town.copy, API))
    assert said in str(await refusal_of(town.copy, WORKER))
