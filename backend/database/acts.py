"""Acts: one definer function per statement, one statement per transaction, one round trip."""

from typing import Any, cast

import asyncpg

from backend.database.connections import Connections


class Acts:
    """Calls definer functions of the schema `app` as the login itself: one statement, which is one transaction.

    Arguments are named as the function names them, so `acts.row("reserve", caller=…, lot=…)` sends
    `select * from app.reserve(caller => $1, lot => $2)`. tests/policies/test_seam.py
    compares every act and argument that the source names with the catalogue.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._statements: dict[tuple[str, ...], str] = {}

    async def row(self, act: str, /, **arguments: Any) -> asyncpg.Record:
        """Call a function and return its row. Raises asyncpg errors, which `database.errors` turns into problems."""
        statement = self._statement(act, *arguments)
        connection = await self._connections.take()
        try:
            return cast(asyncpg.Record, await connection.fetchrow(statement, *arguments.values()))
        except TimeoutError:
            connection.terminate()  # the way to the server may be gone, and with it the way to cancel
            raise
        finally:
            self._connections.give_back(connection)

    async def rows(self, act: str, /, **arguments: Any) -> list[asyncpg.Record]:
        """Call a function that returns a set and return its rows. Raises as `row`."""
        statement = self._statement(act, *arguments)
        connection = await self._connections.take()
        try:
            return list(await connection.fetch(statement, *arguments.values()))
        except TimeoutError:
            connection.terminate()
            raise
        finally:
            self._connections.give_back(connection)

    async def value(self, act: str, /, **arguments: Any) -> Any:
        """Call a function and return its one value. Raises as `row`."""
        return (await self.row(act, **arguments))[0]

    def _statement(self, *act_and_names: str) -> str:
        statement = self._statements.get(act_and_names)
        if statement is None:
            act, *names = act_and_names
            places = ", ".join(f"{name} => ${place}" for place, name in enumerate(names, 1))
            # All of these are names from our own code, never from a request: nothing to inject.
            statement = self._statements[act_and_names] = f"select * from app.{act}({places})"  # noqa: S608
        return statement
