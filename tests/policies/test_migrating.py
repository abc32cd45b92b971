"""`ecopanier migrate`: atomic, repeatable, and the same as its printed script."""

import ast
import asyncio
import difflib
import re
import subprocess
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from backend.database.migrate import MigrationRefused, alembic_config, migrate, run, script, statements_before
from backend.database.safety import newest_migration
from tests.town.databases import API, Copy, Databases


def schema_of(copy: Copy) -> str:
    """Return the schema as pg_dump prints it, without comments; the order of creation plays no part."""
    dumped = subprocess.run(
        [copy.server.bin / "pg_dump", "--schema-only", "--restrict-key=x", copy.url()],
        capture_output=True,
        text=True,
        check=True,
    )
    # Alembic's offline mode writes tabs as four spaces, also in the bodies of the queue's functions.
    text = dumped.stdout.replace("\t", "    ")
    return "\n".join(line for line in text.splitlines() if not line.startswith("--"))


def differences(one: str, other: str) -> str:
    return "\n".join(difflib.unified_diff(one.splitlines(), other.splitlines(), lineterm="", n=1))


def execute(copy: Copy, statements: str) -> None:
    with psycopg.connect(copy.url(), autocommit=True) as connection:
        connection.execute(statements.encode())


def test_models_and_migrations_agree(databases: Databases) -> None:
    with databases.copy() as copy:
        engine = sa.create_engine(sa.make_url(copy.url()).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)
        with engine.connect() as connection:
            config = alembic_config()
            config.attributes["connection"] = connection
            command.check(config)
            connection.execute(sa.text("alter table app.lots add column forgotten int"))
            with pytest.raises(Exception, match="forgotten"):
                command.check(config)
        engine.dispose()


def test_newest_migration_is_the_head_that_alembic_finds() -> None:
    assert newest_migration() == ScriptDirectory.from_config(alembic_config()).get_current_head()


def test_migrating_twice_changes_nothing(databases: Databases) -> None:
    with databases.copy() as copy:
        before = schema_of(copy)
        migrate(copy.url())
        assert differences(before, schema_of(copy)) == ""


def test_migrating_again_keeps_data_and_restores_policies_and_functions(databases: Databases) -> None:
    with databases.copy() as copy:
        whole = schema_of(copy)
        execute(
            copy,
            """
            insert into app.accounts (role, display_name) values ('customer', 'Marc');
            drop policy "People see their own account" on app.accounts;
            create policy "Left over" on app.accounts for select to anon using (true);
            create or replace function app.caller_role() returns text language sql as $$ select 'admin' $$;
            alter table app.accounts no force row level security;
            """,
        )
        assert schema_of(copy) != whole

        migrate(copy.url())

        assert differences(whole, schema_of(copy)) == ""
        with psycopg.connect(copy.url()) as connection:
            assert connection.execute("select display_name from app.accounts").fetchall() == [("Marc",)]


def migrate_until(copy: Copy, revision: str) -> None:
    """Migrate an empty database to an earlier revision: tables only, without policies and functions."""
    engine = sa.create_engine(sa.make_url(copy.url()).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)
    with engine.begin() as connection:
        for statement in statements_before():
            run(connection, statement)
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def imported_by(source: str) -> set[str]:
    """Return the first part of the name of each module that a Python file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


def test_migrations_import_nothing_of_the_product() -> None:
    """A migration runs years after it was written, and must not change with the code of that day."""
    folder = Path(__file__).parents[2] / "migrations" / "versions"
    files = sorted(folder.glob("*.py"))
    assert len(files) > 1
    changing = {"backend", "ai", "scripts", "tests", ""}
    assert {file.name: names for file in files if (names := imported_by(file.read_text()) & changing)} == {}


def test_control_an_import_inside_a_function_is_noticed() -> None:
    assert imported_by("def upgrade():\n    from backend.settings import settings") == {"backend"}
    assert imported_by("from . import helpers") == {""}


def release_with_vault(copy: Copy) -> None:
    """Put a database into the state of the releases whose data keys were in the schema `vault`."""
    migrate_until(copy, "2026_11_22_1260")
    execute(
        copy,
        """
        create schema vault authorization ecopanier_owner;
        alter table key_vault.data_keys set schema vault;
        alter table key_vault.erased_accounts set schema vault;
        set session_replication_role = replica;
        insert into vault.data_keys (account_id, wrapped, master_key) values (gen_random_uuid(), 'wrapped', 'name');
        insert into vault.erased_accounts (account_id, erased_at) values (gen_random_uuid(), now());
        """,
    )


def test_the_keys_leave_vault_once_the_operator_has_confirmed(databases: Databases) -> None:
    with databases.empty() as copy:
        release_with_vault(copy)

        with pytest.raises(MigrationRefused, match="ECOPANIER_CONFIRMED=key_vault"):
            migrate(copy.url())
        with psycopg.connect(copy.url()) as connection:
            assert connection.execute("select count(*) from vault.data_keys").fetchone() == (1,)
        warnings = migrate(copy.url(), confirmed="key_vault")

        assert ["--exclude-schema=key_vault" in warning for warning in warnings] == [True]
        with psycopg.connect(copy.url()) as connection:
            kept = "select count(*) from key_vault.data_keys, key_vault.erased_accounts"
            assert connection.execute(kept.encode()).fetchone() == (1,)
            assert connection.execute("select to_regnamespace('vault')").fetchone() == (None,)
        assert migrate(copy.url()) == []


def test_the_printed_script_moves_the_keys_once_it_is_confirmed(databases: Databases) -> None:
    with databases.empty() as copy:
        release_with_vault(copy)

        with pytest.raises(psycopg.errors.RaiseException, match=r"ecopanier\.confirmed"):
            execute(copy, script())
        execute(copy, "select set_config('ecopanier.confirmed', 'key_vault', false);" + script())

        with psycopg.connect(copy.url()) as connection:
            assert connection.execute("select count(*) from key_vault.data_keys").fetchone() == (1,)


@pytest.mark.parametrize("revision", ["2026_11_22_0950", "2026_11_22_1260", "head"])
def test_the_printed_script_upgrades_an_earlier_database(databases: Databases, revision: str) -> None:
    with databases.copy() as wanted, databases.empty() as copy:
        migrate_until(copy, revision)

        execute(copy, script())
        execute(copy, script())

        assert differences(schema_of(wanted), schema_of(copy)) == ""


def test_the_printed_script_builds_the_same_schema(databases: Databases) -> None:
    with databases.copy() as migrated, databases.empty() as by_script:
        execute(by_script, script())
        assert differences(schema_of(migrated), schema_of(by_script)) == ""


def test_concurrent_migrations_wait_for_each_other(databases: Databases) -> None:
    async def both(copy: Copy) -> None:
        await asyncio.gather(*(asyncio.to_thread(migrate, copy.url()) for _ in range(2)))

    with databases.copy() as migrated, databases.empty() as copy:
        asyncio.run(both(copy))
        assert differences(schema_of(migrated), schema_of(copy)) == ""


@pytest.mark.parametrize(
    ("in_the_way", "said"),
    [
        ("create table app.left_over ()", "table app.left_over has no policy"),
        ("create table app.lots ()", 'relation "lots" already exists'),
    ],
    ids=["found by a lint", "found while migrating"],
)
@pytest.mark.parametrize("way", ["migrate", "script"])
def test_a_refused_migration_changes_nothing(databases: Databases, in_the_way: str, said: str, way: str) -> None:
    with databases.empty() as copy:
        execute(copy, f"create schema app authorization ecopanier_owner; set role ecopanier_owner; {in_the_way}")
        before = schema_of(copy)

        if way == "migrate":
            with pytest.raises(MigrationRefused, match=said):
                migrate(copy.url())
        else:
            with pytest.raises(psycopg.Error, match=said):
                execute(copy, script())

        assert differences(before, schema_of(copy)) == ""


def test_migrating_as_a_login_without_the_rights_is_refused(databases: Databases) -> None:
    with databases.empty() as copy:
        before = schema_of(copy)
        with pytest.raises(MigrationRefused, match="permission denied"):
            migrate(copy.url(API))
        assert schema_of(copy) == before


def test_policies_name_no_table_in_supabase_s_vault() -> None:
    """A function's body is not checked before it runs, so a wrong schema would show only then."""
    policies = Path(__file__).parents[2] / "policies"
    assert [str(file) for file in policies.rglob("*.sql") if re.search(r"\bvault\.", file.read_text())] == []


def test_every_file_of_policies_is_applied() -> None:
    """A file with another suffix, or in another folder, would look like a policy but never be applied."""
    policies = Path(__file__).parents[2] / "policies"
    applied = {*(policies / "functions").rglob("*.sql"), *(policies / "tables").rglob("*.sql")}
    applied |= {policies / name for name in ("roles.sql", "schemas.sql", "lints.sql")} | {*policies.glob("views/*.sql")}
    assert {file for file in policies.rglob("*") if file.is_file()} == {*applied, policies / "LOCKS.md"}
