"""A small pool of Postgres connections, each lent to one statement at a time.

asyncpg's own pool resets a connection after each use, in a separate task, which costs more than a hot statement. Our
connections keep no state between statements (no session settings, no transactions), so they need no reset.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


class Connections:
    """A pool of at most `most` connections, opened when needed. The last one used is lent first; waiters are FIFO."""

    def __init__(self, connect: Callable[[], Awaitable[Connection]], most: int) -> None:
        self._connect = connect
        self._most = most
        self._opened = 0
        self._idle: list[Connection] = []
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self._closed = False

    async def take(self) -> Connection:
        """Return a connection, which the caller must give back. A connection that was closed meanwhile is replaced.

        Raises asyncpg errors and OSError if none can be opened.
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
        """Lend a connection for a `with` block. Raises what `take` raises."""
        connection = await self.take()
        try:
            yield connection
        finally:
            self.give_back(connection)

    def give_back(self, connection: Connection) -> None:
        """Take a connection back, and hand it to the next waiter if there is one.

        A connection whose statement was cancelled is safe to reuse: asyncpg waits for the cancellation to end before
        the next statement.
        """
        if self._closed:
            connection.terminate()
        elif connection.is_closed():
            self._opened -= 1
            self._hand_on(None)
        elif not self._hand_on(connection):
            self._idle.append(connection)

    async def close(self) -> None:
        """Close all connections; those in use are closed when they are given back."""
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
        """Wait for a connection. Returns None when the caller may open a new one instead."""
        handed: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(handed)
        try:
            return await handed
        except asyncio.CancelledError:
            # A connection may have been handed to us just before the cancellation: pass it on.
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
