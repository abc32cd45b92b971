"""Call the product's acts at moments in the past, so that history is made by the same rules as the present."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection, sql

# A setting of the transaction that only the clock below reads.
MOMENT = "ecopanier.demo_moment"


class Acts:
    """Calls definer functions as their owner, on behalf of people, at moments in the past."""

    now: datetime

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def run(self, statement: str, *values: Any) -> None:
        """Run one statement."""
        self._connection.execute(statement.encode(), values)

    def value(self, statement: str, *values: Any) -> Any:
        """Run a statement and return the single value of its single row."""
        row = self._connection.execute(statement.encode(), values).fetchone()
        assert row is not None
        return row[0]

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows."""
        return self._connection.execute(statement.encode(), values).fetchall()

    def call(self, act: str, **values: Any) -> tuple[Any, ...]:
        """Call an act and return its single row."""
        places = sql.SQL(", ").join(sql.SQL("{} => {}").format(sql.Identifier(n), sql.Placeholder(n)) for n in values)
        statement = sql.SQL("select * from app.{}({})").format(sql.Identifier(act), places)
        row = self._connection.execute(statement, values).fetchone()
        assert row is not None
        return row

    def call_as(self, person: UUID, act: str, **values: Any) -> tuple[Any, ...]:
        """Call an act that looks up its caller, as this person."""
        self.be(person)
        return self.call(act, **values)

    def be(self, person: UUID | None) -> None:
        """Make this person (None: nobody) the caller of the following statements, as an access token would."""
        claims = json.dumps({"sub": str(person)}) if person is not None else ""
        # The demo town's admin has no second factor, and is refused in production.
        self.run(
            "select set_config('request.jwt.claims', %s, true), set_config('app.second_factor', 'optional', true)",
            claims,
        )

    def at(self, moment: datetime) -> None:
        """Set the time for the following statements."""
        self.now = moment
        self.run("select set_config(%s, %s, true)", MOMENT, moment.isoformat())

    @contextmanager
    def in_the_past(self) -> Iterator[None]:
        """Make app.clock() return the time set by `at`, only in this transaction and until the block ends."""
        true_clock = self.value("select pg_get_functiondef('app.clock()'::regprocedure)")
        self.run(
            "create or replace function app.clock() returns timestamptz language sql stable parallel safe as "
            f"$$ select current_setting('{MOMENT}')::timestamptz $$"
        )
        with self._connection.pipeline():  # statements without a result are not waited for
            yield
        self.run(true_clock)
