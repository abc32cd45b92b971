"""The connection pool that acts use: no connection is lost when its user is cancelled, times out or is cut off."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import asyncpg
import pytest
from sqlalchemy import text

from backend.database import sessions
from backend.database.acts import Acts
from backend.database.connections import Connection, Connections
from backend.database.sessions import Database, call
from backend.settings import settings
from tests.town import Town
from tests.town.databases import API, SUPERUSER, Copy, Databases

MOST = 2


@pytest.fixture
def copy(databases: Databases) -> Iterator[Copy]:
    with databases.copy() as copy:
        yield copy


@pytest.fixture
async def connections(copy: Copy) -> AsyncIterator[Connections]:
    async def connect() -> Connection:
        return await asyncpg.connect(copy.url(SUPERUSER), command_timeout=0.5)

    opened = Connections(connect, MOST)
    yield opened
    await opened.close()


async def ask(connections: Connections, question: str = "select pg_backend_pid()") -> int:
    async with connections.one() as connection:
        answer: int = await connection.fetchval(question)
        return answer


async def all_work(connections: Connections) -> bool:
    """Return whether all connections can be taken at the same time and each answers."""
    taken = [await asyncio.wait_for(connections.take(), 5) for _ in range(MOST)]
    answers = [await connection.fetchval("select 1") for connection in taken]
    for connection in taken:
        connections.give_back(connection)
    return answers == [1] * MOST


async def test_fifty_queries_share_two_connections(connections: Connections) -> None:
    backends = await asyncio.gather(*(ask(connections) for _ in range(50)))

    assert len(backends) == 50
    assert len(set(backends)) <= MOST


async def test_connections_are_handed_out_first_come_first_served(connections: Connections) -> None:
    taken = [await connections.take() for _ in range(MOST)]
    served: list[int] = []

    async def customer(number: int) -> None:
        async with connections.one():
            served.append(number)

    customers = [asyncio.create_task(customer(number)) for number in range(6)]
    await asyncio.sleep(0)
    for connection in taken:
        connections.give_back(connection)
    await asyncio.gather(*customers)

    assert served == sorted(served)


async def test_a_cancelled_waiter_does_not_lose_a_connection(connections: Connections) -> None:
    taken = [await connections.take() for _ in range(MOST)]
    waiting = [asyncio.create_task(ask(connections)) for _ in range(4)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    # The connection is handed over and its waiter is cancelled in the same moment.
    connections.give_back(taken[0])
    waiting[1].cancel()
    connections.give_back(taken[1])

    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [asyncio.CancelledError, asyncio.CancelledError, int, int]
    assert await all_work(connections)


async def test_a_cancelled_statement_leaves_its_connection_usable(connections: Connections) -> None:
    slow = asyncio.create_task(ask(connections, "select 1 from pg_sleep(30)"))
    await asyncio.sleep(0.1)
    slow.cancel()
    with suppress(asyncio.CancelledError):
        await slow

    assert await all_work(connections)


async def test_connections_ended_by_postgres_are_replaced(connections: Connections, copy: Copy) -> None:
    before = {await ask(connections) for _ in range(3)}
    async with copy.connection() as killer:
        await killer.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()"
        )
    await asyncio.sleep(0.1)

    assert await ask(connections) not in before
    assert await all_work(connections)


async def test_an_act_that_times_out_does_not_use_up_a_connection(connections: Connections, copy: Copy) -> None:
    async with copy.connection() as connection:
        await connection.execute("create function app.slow() returns int language sql as 'select 1 from pg_sleep(30)'")
    with pytest.raises(TimeoutError):
        await Acts(connections).value("slow")

    assert await all_work(connections)


async def test_a_session_statement_waiting_for_a_lock_times_out(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "STATEMENT_SECONDS", 0.5)
    lot, amina = await town.a_free_lot(), await town.a_beneficiary()
    database = await Database.open(town.copy.url(API), settings())
    async with town.copy.connection() as somebody:
        transaction = somebody.transaction()
        await transaction.start()
        await somebody.execute("select from app.lot_stock where lot_id = $1 for update", lot.id)
        async with asyncio.timeout(20), database.session(lot.shop.merchant.id) as session:
            with pytest.raises(TimeoutError):
                await call(session, "withdraw_lot", lot=lot.id)
        await transaction.rollback()
    # The waiting statement was cancelled, and its connection serves the next session.
    async with database.session(amina.id) as session:
        assert await session.scalar(text("select status from app.lots where id = :lot"), {"lot": lot.id}) == "published"
    await database.close()


async def test_connecting_is_retried_after_the_server_was_unreachable(copy: Copy) -> None:
    reachable = False

    async def connect() -> Connection:
        if not reachable:
            raise ConnectionRefusedError
        return await asyncpg.connect(copy.url(SUPERUSER))

    connections = Connections(connect, MOST)
    outcomes = await asyncio.gather(*(ask(connections) for _ in range(5)), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {ConnectionRefusedError}

    reachable = True
    assert await all_work(connections)
    await connections.close()


async def test_closing_the_pool_fails_those_who_wait_for_a_connection(connections: Connections) -> None:
    taken = [await connections.take() for _ in range(MOST)]
    waiting = asyncio.create_task(ask(connections))
    await asyncio.sleep(0)
    await connections.close()

    with pytest.raises(asyncpg.InterfaceError):
        await waiting
    for connection in taken:
        connections.give_back(connection)
    assert all(connection.is_closed() for connection in taken)
