"""One Postgres and one served app for the whole run; a town of its own for each test."""

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

MEMORY_BYTES = 2 * 1024**3
PREFIX = "ecopanier-tests-"


def _forget_killed_runs(memory: Path) -> None:
    """Give back the memory that a run held when it was killed: its server's lock is nobody's any more."""
    for lock in memory.glob(f"{PREFIX}*/postgres.lock"):
        with suppress(OSError), lock.open("a") as held:  # another's run, by its lock or by its owner
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock.parent, ignore_errors=True)


@pytest.fixture(scope="session")
def servers_folder() -> Iterator[Path]:
    """Where servers have their data: not pytest's own folder, because a socket's path must be short.

    In memory where there is room: a town is 300 files, and a disk's file system takes long to make and remove so many.
    """
    memory = Path("/dev/shm")  # noqa: S108 - only as a parent of a folder with a name of its own
    in_memory = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > MEMORY_BYTES
    if in_memory:
        _forget_killed_runs(memory)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=memory if in_memory else None) as folder:
        Path(folder).chmod(0o755)  # started by root, Postgres runs as somebody else, who must get there
        yield Path(folder)


@pytest.fixture(scope="session")
def databases(servers_folder: Path) -> Iterator[Databases]:
    """A server that holds all databases of this run; it ends with the run, and even when the run is killed."""
    with Databases.served(servers_folder / "postgres") as served:
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
    # An idle connection is given up long before the server would close it, maybe under a request.
    limits = httpx2.Limits(max_connections=200, max_keepalive_connections=20, keepalive_expiry=2)
    verify = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    async with httpx2.AsyncClient(trust_env=False, timeout=60, limits=limits, verify=verify) as opened:
        yield opened


@pytest.fixture
async def town(databases: Databases, served: Served, client: httpx2.AsyncClient, tmp_path: Path) -> AsyncIterator[Town]:
    """A town that is this test's alone."""
    with databases.copy() as copy:
        async with Town.opened(copy, served, client, tmp_path) as made:
            yield made


@pytest.fixture(scope="module")
async def lasting_town(
    databases: Databases, served: Served, client: httpx2.AsyncClient, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    """A town that the tests of a module share, for those that only look, or that do not mind each other."""
    with databases.copy() as copy:
        async with Town.opened(copy, served, client, tmp_path_factory.mktemp("town")) as made:
            yield made
