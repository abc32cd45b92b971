"""Row-level security by role, table and verb: `matrix.md` is tried through SQL as each role."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

import asyncpg
import pytest

from tests.policies.readable import table_in
from tests.policies.scene import ROLES, Scene, two_of_everybody
from tests.town import Town
from tests.town.databases import API, WORKER, Connection

Verb = Literal["sees", "adds", "edits", "deletes"]
MARKS: dict[str, Verb] = {"+": "adds", "~": "edits", "-": "deletes"}
ASKING = ("anon", *ROLES, "api", "worker")

ROWS = table_in("matrix.md", "table", "anon")
MATRIX = {row["table"]: row for row in ROWS}
WORDS = {(row["table"], row["word"]): row["rows"] for row in table_in("matrix.md", "table", "word")}
COLUMNS = {
    (row["table"], row["role"], row["verb"]): set(row["columns"].split(", "))
    for row in table_in("matrix.md", "table", "role", "verb")
}

# What an edit writes where a policy demands a certain change; elsewhere an edit sets a column to its present value.
EDITS = {"app.photos": "status = 'kept', width = 1, height = 1"}


@dataclass(frozen=True)
class Table:
    name: str
    key: str
    """An SQL expression for the primary key as one text."""
    columns: tuple[str, ...]
    writable: tuple[str, ...]
    """The columns that are not generated."""


@pytest.fixture(scope="module")
async def scene(lasting_town: Town) -> Scene:
    return await two_of_everybody(lasting_town)


@asynccontextmanager
async def asking(town: Town, scene: Scene, who: str) -> AsyncIterator[Connection]:
    """Yield a connection in a transaction with the identity of one of the matrix's columns."""
    if who in ("api", "worker"):
        async with town.copy.connection(API if who == "api" else WORKER) as connection, connection.transaction():
            await connection.execute(
                "set local search_path = jobs, pg_catalog"
            )  # the queue's triggers use unqualified names
            yield connection
    else:
        async with town.sql_as(scene.first.get(who)) as connection:
            yield connection


async def tables(town: Town) -> dict[str, Table]:
    rows = await town.rows("""
        select c.oid::regclass::text as name,
               (select array_agg(a.attname::text order by a.attnum) from pg_attribute a
                where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
               (select array_agg(a.attname::text order by a.attnum) from pg_attribute a
                where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as writable,
               coalesce((select array_agg(a.attname::text order by a.attnum) from pg_attribute a join pg_index i
                         on i.indrelid = c.oid and i.indisprimary and a.attnum = any (i.indkey)
                         where a.attrelid = c.oid),
                        -- the first column of a view
                        array(select a.attname::text from pg_attribute a
                              where a.attrelid = c.oid and a.attnum = 1)) as key
        from pg_class c
        where c.relnamespace::regnamespace::text in ('app', 'jobs', 'key_vault', 'accounting')
          and c.relkind in ('r', 'p', 'v', 'm', 'f')
    """)
    return {
        row["name"]: Table(
            row["name"],
            " || ' ' || ".join(f"{c}::text" for c in row["key"]),
            tuple(row["columns"]),
            tuple(row["writable"]),
        )
        for row in rows
    }


async def rows_meant(town: Town, table: Table, word: str, me: Any) -> set[str]:
    """Return the keys of the rows that a word stands for, by its definition and regardless of policies."""
    condition = "true" if word == "all" else WORDS[(table.name, word)]
    query = f"select {table.key} from {table.name} where {condition.replace('= me', '= $1')}"  # noqa: S608 - matrix.md
    return {row[0] for row in await (town.rows(query, me) if "$1" in query else town.rows(query))}


async def expected(town: Town, scene: Scene, table: Table, who: str) -> dict[Verb, set[str]]:
    meant: dict[Verb, set[str]] = {"sees": set(), "adds": set(), "edits": set(), "deletes": set()}
    for entry in MATRIX[table.name][who].split():
        if entry == "·":
            continue
        verb = MARKS.get(entry[0], "sees")
        me = scene.first[who].id if who in scene.first else None
        meant[verb] |= await rows_meant(town, table, entry.lstrip("+~-") if verb != "sees" else entry, me)
    return meant


class _Undo(Exception):
    pass


async def attempt(connection: Connection, statement: str, *arguments: Any) -> Literal["done", "nothing", "refused"]:
    """Run a statement and roll it back. A constraint or trigger that stops it shows that no policy did: "done"."""
    try:
        async with connection.transaction():
            done = await connection.execute(statement, *arguments)
            raise _Undo(done)
    except _Undo as undone:
        return "nothing" if str(undone).endswith(" 0") else "done"
    except (asyncpg.InsufficientPrivilegeError, asyncpg.ObjectNotInPrerequisiteStateError):
        return "refused"  # the second is raised for a view of several tables, which nobody can change
    except asyncpg.IntegrityConstraintViolationError:
        return "done"
    except asyncpg.PostgresError as stopped:
        if stopped.sqlstate == "EP404":
            return "refused"  # a trigger that refuses before the policies do
        if stopped.sqlstate in ("EP409", "EP422"):
            return "done"
        raise


async def granted(town: Town, who: str, table: Table, privilege: str) -> tuple[str, ...]:
    """Return the columns for which this role has a privilege."""
    role = {"anon": "anon", "api": API, "worker": WORKER}.get(who, "authenticated")
    rows = await town.rows(
        "select c from unnest($1::text[]) c where has_column_privilege($2, $3::text, c, $4)",
        table.columns,
        role,
        table.name,
        privilege,
    )
    return tuple(row["c"] for row in rows)


async def found(town: Town, who: str, connection: Connection, table: Table) -> dict[Verb, set[str]]:
    """Return the keys of the rows with which this role can really do something, by verb, tried row by row."""
    rows = await town.rows(f"select {table.key} as key, to_json(t) as row from {table.name} t")  # noqa: S608 - catalog
    can: dict[Verb, set[str]] = {"sees": set(), "adds": set(), "edits": set(), "deletes": set()}
    try:
        async with connection.transaction():
            can["sees"] = {row[0] for row in await connection.fetch(f"select {table.key} from {table.name}")}  # noqa: S608
    except asyncpg.InsufficientPrivilegeError:
        pass

    editable = await granted(town, who, table, "UPDATE")
    addable = await granted(town, who, table, "INSERT")
    if not addable:
        assert await attempt(connection, f"insert into {table.name} default values") == "refused"
    if not editable:
        column = table.writable[-1]  # the first may be a number that nobody can set
        assert await attempt(connection, f"update {table.name} set {column} = null") == "refused"  # noqa: S608
    for row in rows:
        one = f"where {table.key} = $1"
        if addable:
            columns = ", ".join(addable)
            insert = (
                f"insert into {table.name} ({columns}) overriding system value"  # noqa: S608 - names from the catalog
                f" select {columns} from json_populate_record(null::{table.name}, $1)"
            )
            if await attempt(connection, insert, row["row"]) == "done":
                can["adds"].add(row["key"])
        if editable:
            change = EDITS.get(table.name, f"{editable[-1]} = {editable[-1]}")
            edit = f"update {table.name} set {change} {one}"  # noqa: S608
            if await attempt(connection, edit, row["key"]) == "done":
                can["edits"].add(row["key"])
        if await attempt(connection, f"delete from {table.name} {one}", row["key"]) == "done":  # noqa: S608
            can["deletes"].add(row["key"])
    return can


async def test_every_table_has_one_row_in_the_matrix(lasting_town: Town) -> None:
    assert sorted(row["table"] for row in ROWS) == sorted(await tables(lasting_town))


@pytest.mark.parametrize("word", WORDS, ids=" ".join)
async def test_every_word_stands_for_some_rows_but_not_all(
    lasting_town: Town, scene: Scene, word: tuple[str, str]
) -> None:
    table = (await tables(lasting_town))[word[0]]
    everything = await rows_meant(lasting_town, table, "all", None)
    meant = [await rows_meant(lasting_town, table, word[1], person.id) for person in scene.first.values()]
    assert any(rows and rows < everything for rows in meant)


@pytest.mark.parametrize("table", MATRIX)
async def test_every_role_can_do_exactly_what_the_matrix_says(lasting_town: Town, scene: Scene, table: str) -> None:
    this = (await tables(lasting_town))[table]
    assert await rows_meant(lasting_town, this, "all", None), "a table without rows proves nothing"
    for who in ASKING:
        async with asking(lasting_town, scene, who) as connection:
            can = await found(lasting_town, who, connection, this)
        assert can == await expected(lasting_town, scene, this, who), who


@pytest.mark.parametrize("who", ASKING)
async def test_column_privileges_match_the_matrix(lasting_town: Town, who: str) -> None:
    role = "authenticated" if who in ROLES else who
    privileges: dict[Verb, str] = {"sees": "SELECT", "adds": "INSERT", "edits": "UPDATE"}
    for table in (await tables(lasting_town)).values():
        for verb, privilege in privileges.items():
            columns = set(await granted(lasting_town, who, table, privilege))
            if columns not in (set(), set(table.columns)) or (table.name, role, verb) in COLUMNS:
                assert columns == COLUMNS.get((table.name, role, verb)), f"{table.name}, {verb}"


async def test_nobody_may_truncate_reference_or_create_triggers(lasting_town: Town) -> None:
    rows = await lasting_town.rows("""
        select c.oid::regclass, a.grantee::regrole, a.privilege_type
        from pg_class c cross join aclexplode(c.relacl) a
        where c.relnamespace::regnamespace::text in ('app', 'jobs', 'key_vault', 'accounting')
          and a.grantee <> 'ecopanier_owner'::regrole
          and a.privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'USAGE')
    """)
    assert rows == []


@pytest.mark.parametrize(
    "fault",
    [
        "alter table app.reservations disable row level security",
        'drop policy "People see their own reservations" on app.reservations',
        'create policy "All see all" on app.reservations for select to authenticated using (true)',
        "grant delete on app.reservations to authenticated; "
        'create policy "All delete" on app.reservations for delete to authenticated using (true)',
        "grant select on app.reservations to anon; "
        'create policy "Strangers look" on app.reservations for select to anon using (true)',
    ],
)
async def test_control_a_wrong_policy_or_grant_is_noticed(town: Town, fault: str) -> None:
    scene = await two_of_everybody(town)
    await test_every_role_can_do_exactly_what_the_matrix_says(town, scene, "app.reservations")
    await town.changes(fault)
    with pytest.raises(AssertionError):
        await test_every_role_can_do_exactly_what_the_matrix_says(town, scene, "app.reservations")
