"""A database that accepts connections but never answers, as behind a broken network: waiting for it times out."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from backend.database.connections import Connections
from backend.database.errors import problem_from_database
from backend.database.sessions import Database
from backend.problems.common import DatabaseUnavailable
from backend.settings import settings


@pytest.fixture
async def silent() -> AsyncIterator[str]:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    yield f"postgresql://anyone@127.0.0.1:{server.sockets[0].getsockname()[1]}/any"
    server.close()


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.database.sessions.STATEMENT_SECONDS", 0.2)


async def test_opening_a_silent_database_times_out_as_unavailable(silent: str) -> None:
    async with asyncio.timeout(5):
        with pytest.raises(TimeoutError) as met:
            await Database.open(silent, settings())
    assert isinstance(problem_from_database(met.value), DatabaseUnavailable)


async def test_a_session_on_a_silent_database_times_out_as_unavailable(silent: str) -> None:
    async def never() -> "asyncpg.Connection[asyncpg.Record]":
        raise AssertionError

    database = Database(Connections(never, 1), silent, settings())
    async with asyncio.timeout(5), database.act_session() as session:
        with pytest.raises(TimeoutError) as met:
            await session.connection()
    await database.close()
    assert isinstance(problem_from_database(met.value), DatabaseUnavailable)
