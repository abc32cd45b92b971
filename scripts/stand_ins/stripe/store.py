"""Stripe's objects in one SQLite file, which survives a `kill -9`."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
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
"""


class Store:
    """Objects by id. Whatever was committed before an answer was sent survives the death of the process."""

    def __init__(self, path: Path | None) -> None:
        """Open the store. path: None to keep everything in memory."""
        self.ahead_seconds = 0  # how far this Stripe's clock is ahead when it charges, so that tests need not wait
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

    def save(self, thing: dict[str, Any]) -> None:
        self.db.execute(
            "insert into objects (id, kind, created, body) values (?, ?, ?, ?)"
            " on conflict (id) do update set body = excluded.body",
            (thing["id"], thing["object"], thing["created"], json.dumps(thing)),
        )

    def find(self, kind: str, id: str) -> dict[str, Any] | None:
        row = self.db.execute("select body from objects where id = ? and kind = ?", (id, kind)).fetchone()
        return None if row is None else json.loads(row["body"])

    def newest(
        self,
        kind: str,
        *,
        equal: dict[str, str] | None = None,
        created: dict[str, int] | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        """Return objects, newest first.

        equal: values by JSON path. created: seconds by comparison (gt, gte, lt, lte or eq). after: the id of the object
        before the first one.
        """
        wheres, arguments = ["kind = ?"], list[Any]([kind])
        for path, value in (equal or {}).items():
            if path == "$.payment_intent":  # written out, so that SQLite uses its index
                wheres.append("json_extract(body, '$.payment_intent') = ?")
                arguments.append(value)
            else:
                wheres.append("json_extract(body, ?) = ?")
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
