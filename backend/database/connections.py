"""A few connections to Postgres, handed out to one statement at a time.

asyncpg's own pool cleans a connection after each use and does so in a task of its own: more work than a hot statement.
Ours carry nothing from one statement to the next (no session settings, no transactions), so nothing is cleaned.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


class Connections:
    """At most `most` connections, opened when first needed; the one used last goes first, waiters in their order."""

    def __init__(self, connect: Callable[[], Awaitable[Connection]], most: int) -> None:
        self._connect = connect
        self._most = most
        self._opened = 0
        self._idle: list[Connection] = []
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self._closed = False

    async def take(self) -> Connection:
        """Give a connection; it must be given back. Raises asyncpg errors and OSError when none can be opened.

        One that Postgres closed meanwhile is replaced.
        """
        while True:
            while self._idle:
                connection = self._idle.pop()
                if not connection.is_closed():
                    return connection
                self._opened -= 1
            if self._closed:
                raise asyncpg.InterfaceError("the connections are closed")
            if self._opened < self._most:
                return await self._open()
            if (handed := await self._next()) is not None:
                return handed

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Connection]:
        """Lend a connection. Raises what `take` raises."""
        connection = await self.take()
        try:
            yield connection
        finally:
            self.give_back(connection)

    def give_back(self, connection: Connection) -> None:
        """Hand a connection on. One whose statement was cancelled is whole again before its next statement begins."""
        if self._closed:
            connection.terminate()
        elif connection.is_closed():
            self._opened -= 1
            self._hand_on(None)
        elif not self._hand_on(connection):
            self._idle.append(connection)

    async def close(self) -> None:
        """Close them all; those in use once they are given back."""
        self._closed = True
        while self._hand_on(None):
            pass
        for connection in self._idle:
            await connection.close(timeout=5)
        self._idle.clear()

    async def _open(self) -> Connection:
        self._opened += 1
        try:
            return await self._connect()
        except BaseException:
            self._opened -= 1
            self._hand_on(None)
            raise

    async def _next(self) -> "Connection | None":
        """Wait in line; None says that there is room to open one."""
        handed: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(handed)
        try:
            return await handed
        except asyncio.CancelledError:
            # It may have been handed over in the very moment in which we were told to stop.
            if handed.done() and not handed.cancelled():
                if (connection := handed.result()) is None:
                    self._hand_on(None)
                else:
                    self.give_back(connection)
            raise

    def _hand_on(self, connection: "Connection | None") -> bool:
        while self._waiting:
            first = self._waiting.popleft()
            if not first.done():
                first.set_result(connection)
                return True
        return False
