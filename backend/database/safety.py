"""Refuse to work with an unsafe database or login, and say how to fix it."""

import re
from functools import cache
from pathlib import Path

import asyncpg

from backend.database.connections import Connection

ROOT = Path(__file__).resolve().parents[2]
POLICIES = ROOT / "policies"
MIGRATIONS = ROOT / "migrations"
CONNECT_SECONDS = 10

_REVISION = re.compile(r'^revision = "(.+)"$', re.MULTILINE)
_REVISION_BEFORE = re.compile(r'^down_revision = "(.+)"$', re.MULTILINE)


class UnsafeDatabase(Exception):
    """Raised when the program refuses a database or a login. The message says why and what to do."""


@cache
def newest_migration() -> str:
    """Return the id of this version's latest migration. Cached, because anybody may ask for `/readyz`, and often.

    Reads the ids in the files, because importing Alembic takes 11 MiB in each process that serves requests.
    """
    texts = "\n".join(file.read_text() for file in MIGRATIONS.glob("versions/*.py"))
    newest: str
    (newest,) = set(_REVISION.findall(texts)) - set(_REVISION_BEFORE.findall(texts))
    return newest


async def refuse_unsafe_login(url: str) -> None:
    """Connect once and raise UnsafeDatabase as `refuse_unsafe` does."""
    connection = await asyncpg.connect(url, timeout=CONNECT_SECONDS)
    try:
        await refuse_unsafe(connection)
    finally:
        await connection.close()


async def refuse_unsafe(connection: Connection) -> None:
    """Raise UnsafeDatabase if the login could bypass row-level security, or if tables are not protected.

    A login could bypass it itself, or by switching to another role that may.
    """
    # Before Postgres 16, a role that may create roles may also add itself to any role.
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
            "use the login ecopanier_api in DATABASE_URL"
        )
    if not await connection.fetchval("select to_regnamespace('app') is not null"):
        raise UnsafeDatabase("the database has no tables yet: run `./scripts/ecopanier migrate`")
    problems = await connection.fetch((POLICIES / "lints.sql").read_text())
    if problems:
        found = "; ".join(row["problem"] for row in problems)
        raise UnsafeDatabase(f"{found}: run `./scripts/ecopanier migrate`")
