"""Acts: one definer function a statement, one statement a transaction, one round trip."""

from typing import Any, cast

import asyncpg

from backend.database.connections import Connections


class Acts:
    """Definer functions of the schema `app`, called as the login itself: one statement, one transaction."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._statements: dict[tuple[str, int], str] = {}

    async def row(self, act: str, *values: Any) -> asyncpg.Record:
        """Call a function and return its row. Raises asyncpg errors, which `database.errors` turns into problems."""
        connection = await self._connections.take()
        try:
            return cast(asyncpg.Record, await connection.fetchrow(self._statement(act, len(values)), *values))
        except TimeoutError:
            connection.terminate()  # the way to the server may be gone, and with it the way to cancel
            raise
        finally:
            self._connections.give_back(connection)

    async def rows(self, act: str, *values: Any) -> list[asyncpg.Record]:
        """Call a function that returns a set."""
        connection = await self._connections.take()
        try:
            return list(await connection.fetch(self._statement(act, len(values)), *values))
        except TimeoutError:
            connection.terminate()
            raise
        finally:
            self._connections.give_back(connection)

    async def value(self, act: str, *values: Any) -> Any:
        """Call a function that returns one value."""
        return (await self.row(act, *values))[0]

    def _statement(self, act: str, values: int) -> str:
        statement = self._statements.get((act, values))
        if statement is None:
            places = ", ".join(f"${number}" for number in range(1, values + 1))
            # `act` is a name from our own code, never from a request: nothing to inject.
            statement = self._statements[(act, values)] = f"select * from app.{act}({places})"  # noqa: S608
        return statement
