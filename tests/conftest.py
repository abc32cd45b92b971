"""One Postgres and one served app for the whole run; a town of its own for each test."""

import ssl
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from tests.town import Town
from tests.town.databases import Databases
from tests.town.serving import Served


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """A server that holds all databases of this run; it ends with the run, and even when the run is killed."""
    # Not pytest's own folder: a socket's path must be short, and Postgres, started by root, must reach it.
    with tempfile.TemporaryDirectory(prefix="ecopanier-") as folder:
        Path(folder).chmod(0o755)
        with Databases.served(Path(folder, "postgres")) as served:
            yield served


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    """The product behind a real server; towns move it to their database when they first ask it something."""
    product = Served()
    yield product
    product.stop()


@pytest.fixture(scope="session")
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    """Plain HTTP on this machine: no proxy, and no certificates to load."""
    limits = httpx2.Limits(max_connections=200, max_keepalive_connections=20)
    verify = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    async with httpx2.AsyncClient(trust_env=False, timeout=60, limits=limits, verify=verify) as opened:
        yield opened


@asynccontextmanager
async def _a_town(
    databases: Databases, served: Served, client: httpx2.AsyncClient, folder: Path
) -> AsyncIterator[Town]:
    with databases.copy() as copy, served.environment(copy, folder):
        async with copy.connection() as connection:
            try:
                yield Town(copy, connection, served, client, folder)
            finally:
                await served.away(copy)


@pytest.fixture
async def town(databases: Databases, served: Served, client: httpx2.AsyncClient, tmp_path: Path) -> AsyncIterator[Town]:
    """A town that is this test's alone."""
    async with _a_town(databases, served, client, tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
async def lasting_town(
    databases: Databases, served: Served, client: httpx2.AsyncClient, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    """A town that the tests of a module share, for those that only look, or that do not mind each other."""
    async with _a_town(databases, served, client, tmp_path_factory.mktemp("town")) as made:
        yield made
