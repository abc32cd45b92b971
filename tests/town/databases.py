"""One Postgres for the whole run, a template that is migrated once, and a copy of the template for each test."""

import itertools
import json
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from uuid import UUID

import asyncpg
import psycopg

from backend.database.migrate import migrate
from scripts.embedded_postgres import EmbeddedPostgres

SUPERUSER = "postgres"
API = "ecopanier_api"
WORKER = "ecopanier_worker"

# These databases live for seconds, so they need not survive a power cut. tests/faults starts servers of its own.
FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "max_connections": "250",
    "shared_buffers": "64MB",
    "min_wal_size": "32MB",
    "max_wal_size": "64MB",
    "deadlock_timeout": "200ms",
    # Tests that speak to the database past the API are people without a second factor, as in development.
    "app.second_factor": "optional",
}

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


async def become(connection: Connection, account_id: UUID) -> None:
    """Give the API's open transaction the identity of an account, as a session of the product does."""
    await connection.execute(
        "select set_config('request.jwt.claims', $1, true), set_config('role', 'authenticated', true)",
        json.dumps({"sub": str(account_id), "role": "authenticated"}),
    )


@dataclass(frozen=True)
class Copy:
    """A test's own database, and the URL of each login."""

    server: EmbeddedPostgres
    name: str

    def url(self, login: str = SUPERUSER) -> str:
        return self.server.url(login, self.name)

    @asynccontextmanager
    async def connection(self, login: str = SUPERUSER) -> AsyncIterator[Connection]:
        """Open a connection as one of the logins; the superuser sees and changes everything."""
        connection = await asyncpg.connect(self.url(login))
        try:
            yield connection
        finally:
            await connection.close()

    @asynccontextmanager
    async def connections(self, count: int, login: str = API) -> AsyncIterator[list[Connection]]:
        """Open `count` connections beforehand, so that what a test sends at once arrives at once."""
        opened: list[Connection] = []
        try:
            for _ in range(count):
                opened.append(await asyncpg.connect(self.url(login)))
            yield opened
        finally:
            for connection in opened:
                await connection.close()


class Databases:
    """Makes copies of one migrated database. It makes the next copy while a test still uses the present one."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self.server = server
        self._numbers = itertools.count(1)
        # One connection makes all copies, because opening one costs a tenth of a copy. Only one thread uses it.
        self._connection = psycopg.connect(server.url(SUPERUSER, "postgres"), autocommit=True)
        self._behind = ThreadPoolExecutor(1, thread_name_prefix="databases")
        self._behind.submit(self._run, "create database town_template").result()
        migrate(server.url(SUPERUSER, "town_template"))
        self._next = self._behind.submit(self._make, "town_template")

    @classmethod
    @contextmanager
    def served(cls, folder: Path) -> Iterator["Databases"]:
        """Start a server in an empty folder, migrate the template, and stop the server at the end."""
        with EmbeddedPostgres(folder, settings={**FAST, "io_method": "sync"}) as server:  # files are in memory
            databases = cls(server)
            try:
                yield databases
            finally:
                databases._behind.shutdown(cancel_futures=True)
                databases._connection.close()

    @contextmanager
    def copy(self, of: Copy | None = None) -> Iterator[Copy]:
        """Make a copy of the template, or of a copy that nobody is connected to; drop it at the end."""
        copy = self.kept_copy() if of is None else Copy(self.server, self._behind.submit(self._make, of.name).result())
        try:
            yield copy
        finally:
            self._behind.submit(self._drop, copy.name)

    def kept_copy(self) -> Copy:
        """Make a copy of the template that is there until the run ends, to fill it once and copy it again and again."""
        name = self._next.result()
        self._next = self._behind.submit(self._make, "town_template")
        return Copy(self.server, name)

    @contextmanager
    def empty(self) -> Iterator[Copy]:
        """Make a database in which nothing has been migrated, and drop it at the end."""
        name = self._behind.submit(self._make, "template0").result()
        try:
            yield Copy(self.server, name)
        finally:
            self._behind.submit(self._drop, name)

    def _make(self, template: str) -> str:
        name = f"town_{next(self._numbers)}"
        self._run(f"create database {name} template {template} strategy file_copy")
        return name

    def _drop(self, name: str) -> None:
        self._run(f"drop database {name} with (force)")

    def _run(self, statement: str) -> None:
        self._connection.execute(statement.encode())
