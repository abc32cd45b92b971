"""Refuse to work with a database or a login that is not safe, and say how to mend it."""

from functools import cache
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from backend.database.connections import Connection

ROOT = Path(__file__).resolve().parents[2]
POLICIES = ROOT / "policies"
MIGRATIONS = ROOT / "migrations"


class UnsafeDatabase(Exception):
    """The program refuses to work with this database or login; the message says why and what to do."""


@cache
def newest_migration() -> str | None:
    """Give the migration that this checkout ends with, read once: anybody may ask for readiness, often."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config).get_current_head()


async def refuse_unsafe(connection: Connection) -> None:
    """Refuse a login that could bypass row-level security, now or by becoming another role, and unprotected tables.

    Raises UnsafeDatabase with what to do.
    """
    # Before Postgres 16, who may create roles may make itself a member of any.
    could = await connection.fetch(
        """
        select r.rolname from pg_roles r
        where (r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolname = 'ecopanier_owner')
          and (r.rolname = current_user or pg_has_role(current_user, r.oid, 'member'))
        """
    )
    if could:
        names = ", ".join(row["rolname"] for row in could)
        raise UnsafeDatabase(
            f"the database login could bypass row-level security (as {names}): "
            "give DATABASE_URL the login ecopanier_api"
        )
    if not await connection.fetchval("select to_regnamespace('app') is not null"):
        raise UnsafeDatabase("the database has no tables yet: run `./scripts/ecopanier migrate`")
    problems = await connection.fetch((POLICIES / "lints.sql").read_text())
    if problems:
        found = "; ".join(row["problem"] for row in problems)
        raise UnsafeDatabase(f"{found}: run `./scripts/ecopanier migrate`")
