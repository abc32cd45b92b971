"""Fixtures: one Postgres and one served app for the whole run, and a town for each test."""

import fcntl
import os
import shutil
import ssl
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from tests.town import Town
from tests.town.databases import Databases
from tests.town.serving import Served

pytest_plugins = ["tests.system_packages"]

MEMORY_BYTES = 2 * 1024**3
PREFIX = "ecopanier-tests-"


def _remove_folders_of_killed_runs(memory: Path) -> None:
    """Remove the folders of killed runs from memory: nobody holds the lock of their servers any more."""
    for lock in memory.glob(f"{PREFIX}*/postgres.lock"):
        with suppress(OSError), lock.open("a") as held:  # OSError: a living run holds it, or it belongs to another user
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock.parent, ignore_errors=True)


@pytest.fixture(scope="session")
def servers_folder() -> Iterator[Path]:
    """Make the folder of the servers' data. It is not pytest's own folder, because a socket's path must be short.

    It is in memory where there is room: a town has 300 files, which a disk's file system is slow to make and remove.
    """
    memory = Path("/dev/shm")  # noqa: S108 - only as a parent of a folder with a name of its own
    in_memory = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > MEMORY_BYTES
    if in_memory:
        _remove_folders_of_killed_runs(memory)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=memory if in_memory else None) as folder:
        Path(folder).chmod(0o755)  # when root starts it, Postgres runs as another user, who must be able to enter
        yield Path(folder)


@pytest.fixture(scope="session")
def databases(servers_folder: Path) -> Iterator[Databases]:
    """Start the server that holds all databases of this run; it stops with the run, even when the run is killed."""
    with Databases.served(servers_folder / "postgres") as served:
        yield served


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    """Serve the product over HTTP; a town connects it to its own database when it sends its first request."""
    product = Served()
    yield product
    product.stop()


@pytest.fixture(scope="session")
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    """Open an HTTP client for this machine, without a proxy and without certificates to load."""
    # Idle connections expire long before the server closes them, so that no request meets a closing connection.
    limits = httpx2.Limits(max_connections=200, max_keepalive_connections=20, keepalive_expiry=2)
    verify = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    async with httpx2.AsyncClient(trust_env=False, timeout=60, limits=limits, verify=verify) as opened:
        yield opened


@pytest.fixture
async def town(databases: Databases, served: Served, client: httpx2.AsyncClient, tmp_path: Path) -> AsyncIterator[Town]:
    """Make a town for one test."""
    with databases.copy() as copy:
        async with Town.opened(copy, served, client, tmp_path) as made:
            yield made


@pytest.fixture(scope="module")
async def lasting_town(
    databases: Databases, served: Served, client: httpx2.AsyncClient, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    """Make a town that the tests of a module share: they only read, or do not disturb each other."""
    with databases.copy() as copy:
        async with Town.opened(copy, served, client, tmp_path_factory.mktemp("town")) as made:
            yield made
