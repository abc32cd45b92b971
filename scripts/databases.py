"""The three logins of the database and their URLs: the owner's for migrations, the API's and the worker's."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from scripts.embedded_postgres import EmbeddedPostgres
from scripts.places import ROOT

DATABASE = "ecopanier"
API_LOGIN = "ecopanier_api"
WORKER_LOGIN = "ecopanier_worker"
WAYS = ("DATABASE_URL", "ECOPANIER_WORKER_DATABASE_URL", "ECOPANIER_OWNER_DATABASE_URL")
LISTEN = "ECOPANIER_LISTEN_DATABASE_URL"  # the worker's second way in, where the first leads through PgBouncer


class NoDatabase(Exception):
    """Raised when the database of DATABASE_URL cannot be used. The message says which variable to set."""


@dataclass(frozen=True)
class Ways:
    """The URL of each login; None if the environment does not name it and it cannot be derived from the others."""

    api: str
    worker: str | None = None
    owner: str | None = None

    @property
    def environment(self) -> dict[str, str]:
        """Return the URLs by the names of their settings."""
        return {name: url for name, url in zip(WAYS, (self.api, self.worker, self.owner), strict=True) if url}


def is_given(environment: Mapping[str, str]) -> bool:
    """Return whether the environment names a database, so that the embedded one is not used."""
    return bool(environment.get("DATABASE_URL") or environment.get("ECOPANIER_OWNER_DATABASE_URL"))


def given(environment: Mapping[str, str]) -> Ways:
    """Return the URLs that the environment names; missing ones are derived from a login that may create roles.

    Raises NoDatabase.
    """
    api = environment.get("DATABASE_URL")
    worker = environment.get("ECOPANIER_WORKER_DATABASE_URL")
    owner = environment.get("ECOPANIER_OWNER_DATABASE_URL")
    if owner is None and api is not None and _may_create_roles(api):
        owner, api = api, None
    if owner is not None:
        return Ways(api or _derived(owner, API_LOGIN), worker or _derived(owner, WORKER_LOGIN), owner)
    assert api is not None
    return Ways(api, worker)


def embedded(server: EmbeddedPostgres) -> Ways:
    """Return the URLs of a running embedded server's database, which is created if it is missing."""
    with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as connection:
        found = connection.execute("select from pg_database where datname = %s", [DATABASE]).fetchone()
        if found is None:
            connection.execute(f"create database {DATABASE}")
    return Ways(*(server.url(login, DATABASE) for login in (API_LOGIN, WORKER_LOGIN, "postgres")))


def is_empty(owner: str) -> bool:
    """Return whether a migrated database has no accounts yet."""
    with _connected(owner) as connection:
        connection.execute("set local role ecopanier_owner")
        return connection.execute("select exists (select from app.accounts)").fetchone() == (False,)


# The files that determine the schema of a migrated database. requirements.lock, because the queue's tables come from a
# package.
SCHEMA_FILES = ("backend/database/migrate.py", "migrations/**/*.py", "policies/**/*.sql", "requirements.lock")

# Identifies this very database: a dump that is restored elsewhere contains the note, but still has to be migrated.
THIS_DATABASE = """
select system_identifier || '/' || d.oid, coalesce(obj_description(to_regnamespace('app'), 'pg_namespace'), '')
from pg_control_system(), pg_database d where d.datname = current_database()
"""


class MigrationNote:
    """A note in the embedded database that says which files it was migrated with. Every migration removes it."""

    def __init__(self, owner: str) -> None:
        self._owner = owner
        files = sorted({file for pattern in SCHEMA_FILES for file in ROOT.glob(pattern)})
        self._checkout = hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()

    def is_current(self) -> bool:
        """Return whether a migration would change nothing."""
        with _connected(self._owner) as connection:
            database, note = connection.execute(THIS_DATABASE).fetchone() or ("", "")
            return bool(note == f"{self._checkout} {database}")

    def write(self) -> None:
        """Write the note; call it right after a migration."""
        with _connected(self._owner) as connection:
            database, _ = connection.execute(THIS_DATABASE).fetchone() or ("", "")
            note = sql.Literal(f"{self._checkout} {database}")
            connection.execute(sql.SQL("comment on schema app is {}").format(note))


def embedded_server(data: Path, *, attach: bool) -> EmbeddedPostgres:
    """Return the server of a data directory without starting it."""
    return EmbeddedPostgres(data / "postgres", log=data / "logs" / "postgres.log", attach=attach)


@contextmanager
def ways(data: Path) -> Iterator[Ways]:
    """Return the URLs of the given database, or of the embedded one.

    If the embedded server is not running, it is started and stopped at the end.
    """
    if is_given(os.environ):
        yield given(os.environ)
    else:
        with embedded_server(data, attach=True) as server:
            yield embedded(server)


def _may_create_roles(url: str) -> bool:
    with _connected(url) as connection:
        found = connection.execute("select rolsuper or rolcreaterole from pg_roles where rolname = current_user")
        return found.fetchone() == (True,)


def _derived(owner: str, login: str) -> str:
    """Return the owner's URL with another login, whose password is derived from the owner's.

    It is not derived from ECOPANIER_SECRET_KEY: logins belong to the whole server, so two checkouts that share a server
    would keep changing each other's password.
    """
    with _connected(owner) as connection:
        known = connection.info.password
    credentials = login
    if known:  # None if the server trusts us or asks the operating system who we are
        derived = hashlib.scrypt(known.encode(), salt=login.encode(), n=2**14, r=8, p=1, dklen=24)
        credentials = f"{login}:{derived.hex()}"
    parts = urlsplit(owner)
    query = "&".join(p for p in parts.query.split("&") if not p.startswith(("user=", "password=")))
    return urlunsplit(parts._replace(netloc=f"{credentials}@{parts.netloc.rpartition('@')[2]}", query=query))


def _connected(url: str) -> psycopg.Connection:
    try:
        return psycopg.connect(url, connect_timeout=10)
    except psycopg.Error as problem:
        raise NoDatabase(f"The database cannot be reached: {problem}") from None
