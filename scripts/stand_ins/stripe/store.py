"""Stripe's objects in one SQLite file, which survives a `kill -9`."""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SCHEMA = """
create table if not exists objects (
    seq integer primary key autoincrement,  -- Stripe lists the newest first, also within one second
    id text not null unique,
    kind text not null,
    created integer not null,
    body text not null
);
create index if not exists objects_by_kind on objects (kind, seq);
create index if not exists objects_by_intent on objects (kind, json_extract(body, '$.payment_intent'));
create index if not exists objects_by_account on objects (kind, json_extract(body, '$._account'));
"""

_INDEXED = ("$.payment_intent", "$._account")  # written out in queries, so that SQLite uses its indexes


@dataclass
class Terms:
    """The fees of this Stripe, and its delays."""

    fee_bp: int = 150  # of a charge, in 1/10000 of its amount
    fee_cents: int = 25  # of a charge, besides
    dispute_fee_cents: int = 2000
    available_after_seconds: int = 0  # from a charge to the moment when it can be transferred or paid out
    settled_after_seconds: float = 0.0  # from a charge to its balance transaction, of which `charge.updated` tells
    refunds_need_funds: bool = False  # whether a refund waits until the available balance covers it

    def fee_of(self, cents: int) -> int:
        """Return the fee of a charge in cents, rounded half up."""
        return (cents * self.fee_bp + 5000) // 10_000 + self.fee_cents


class Store:
    """Objects by id. Whatever was committed before an answer was sent survives the death of the process."""

    def __init__(self, path: Path | None) -> None:
        """Open the store. path: None to keep everything in memory."""
        self.ahead_seconds = 0  # how far this Stripe's clock is ahead of ours, so that tests need not wait
        self.terms = Terms()
        # Only the server's event loop uses the connection, in whichever thread it runs.
        self.db = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
        self.db.row_factory = sqlite3.Row
        self.db.execute("pragma journal_mode = wal")
        self.db.execute("pragma synchronous = normal")  # only a power cut could lose data, not a killed process
        self.db.executescript(_SCHEMA)

    def close(self) -> None:
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run one transaction. There is no await inside, so requests cannot interleave."""
        self.db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self.db.execute("rollback")
            raise
        self.db.execute("commit")

    def now(self) -> int:
        """Return the seconds since 1970 by this Stripe's clock."""
        return int(time.time()) + self.ahead_seconds

    def save(self, thing: dict[str, Any]) -> None:
        """Save an object. Fields that begin with an underscore are ours and are never shown.

        `_account`: the connected account that it belongs to; none: the platform. `_id` and `_created`: for objects
        that have no id, or write their time in another format.
        """
        self.db.execute(
            "insert into objects (id, kind, created, body) values (?, ?, ?, ?)"
            " on conflict (id) do update set body = excluded.body",
            (
                thing.get("_id") or thing["id"],
                thing["object"],
                thing.get("_created") or thing["created"],
                json.dumps(thing),
            ),
        )

    def find(self, kind: str, id: str) -> dict[str, Any] | None:
        row = self.db.execute("select body from objects where id = ? and kind = ?", (id, kind)).fetchone()
        return None if row is None else json.loads(row["body"])

    def newest(
        self,
        kind: str,
        *,
        equal: dict[str, str | None] | None = None,
        created: dict[str, int] | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        """Return objects, newest first.

        equal: values by JSON path; None: there is no value. created: seconds by comparison (gt, gte, lt, lte or eq).
        after: the id of the object before the first one.
        """
        wheres, arguments = ["kind = ?"], list[Any]([kind])
        for path, value in (equal or {}).items():
            if path in _INDEXED:
                wheres.append(f"json_extract(body, '{path}') is ?")
                arguments.append(value)
            else:
                wheres.append("json_extract(body, ?) is ?")
                arguments += [path, value]
        comparisons = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "eq": "="}
        for name, seconds in (created or {}).items():
            wheres.append(f"created {comparisons[name]} ?")
            arguments.append(seconds)
        if after is not None:
            wheres.append("seq < (select seq from objects where id = ?)")
            arguments.append(after)
        rows = self.db.execute(
            f"select body from objects where {' and '.join(wheres)} order by seq desc limit ?",  # noqa: S608  # our words
            [*arguments, -1 if limit is None else limit],
        )
        return [json.loads(row["body"]) for row in rows]
