"""The acts of the product, done at moments that are over: the town's past comes about as its present will."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection, sql

# Read by nothing but the clock below, and gone with the transaction.
MOMENT = "ecopanier.demo_moment"


class Acts:
    """Calls definer functions as their owner, on behalf of people, at moments of the past."""

    now: datetime

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def run(self, statement: str, *values: Any) -> None:
        """Run one statement."""
        self._connection.execute(statement.encode(), values)

    def value(self, statement: str, *values: Any) -> Any:
        """Run one statement and give the one value of its one row."""
        row = self._connection.execute(statement.encode(), values).fetchone()
        assert row is not None
        return row[0]

    def call(self, act: str, **values: Any) -> tuple[Any, ...]:
        """Call an act and give its one row."""
        places = sql.SQL(", ").join(sql.SQL("{} => {}").format(sql.Identifier(n), sql.Placeholder(n)) for n in values)
        statement = sql.SQL("select * from app.{}({})").format(sql.Identifier(act), places)
        row = self._connection.execute(statement, values).fetchone()
        assert row is not None
        return row

    def call_as(self, person: UUID, act: str, **values: Any) -> tuple[Any, ...]:
        """Call an act that asks who its caller is."""
        self.be(person)
        return self.call(act, **values)

    def be(self, person: UUID) -> None:
        """From now on this is the caller, as a token would say."""
        self.run("select set_config('request.jwt.claims', %s, true)", json.dumps({"sub": str(person)}))

    def at(self, moment: datetime) -> None:
        """From now on it is this moment."""
        self.now = moment
        self.run("select set_config(%s, %s, true)", MOMENT, moment.isoformat())

    @contextmanager
    def in_the_past(self) -> Iterator[None]:
        """Let app.clock() be what `at` says: in this transaction alone, and only until the block ends."""
        true_clock = self.value("select pg_get_functiondef('app.clock()'::regprocedure)")
        self.run(
            "create or replace function app.clock() returns timestamptz language sql stable parallel safe as "
            f"$$ select current_setting('{MOMENT}')::timestamptz $$"
        )
        with self._connection.pipeline():  # what gives nothing back is not waited for
            yield
        self.run(true_clock)
