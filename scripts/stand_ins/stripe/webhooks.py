"""Signed webhooks: each event is delivered in the background, at least once, in no guaranteed order."""

import asyncio
import hashlib
import hmac
import json
import random
import sqlite3
import time
from collections import deque
from dataclasses import dataclass
from typing import Any, Literal, get_args

import httpx2

from scripts.stand_ins.stripe.store import Store

Mode = Literal[
    "release",  # each event is sent at once
    "hold",  # no event is sent
    "duplicate",  # each event is sent twice
    "shuffle",  # each event waits for a random time, so that some overtake others
]

GIVE_UP_SECONDS = 3 * 24 * 3600.0  # Stripe's own limit
_FIRST_RETRY_SECONDS, _LONGEST_RETRY_SECONDS = 0.5, 300.0
_SHUFFLE_SECONDS = 0.5
_AT_ONCE = 8

_SCHEMA = """
create table if not exists deliveries (
    id integer primary key, event text not null, type text not null, body text not null,
    emitted real not null, due real not null, tries integer not null default 0
);
create index if not exists deliveries_by_due on deliveries (due, id);
"""


def signature(body: str, secret: str, timestamp: int) -> str:
    """Return the `Stripe-Signature` header for a body that is sent at this time (seconds since 1970)."""
    digest = hmac.new(secret.encode(), f"{timestamp}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


@dataclass(frozen=True, slots=True)
class Secrets:
    """The signing secrets of the three endpoints that a platform has at Stripe."""

    platform: str
    connect: str  # events of connected accounts, which name their `account`
    thin: str  # events of the v2 API

    def of(self, body: str) -> str:
        """Return the secret of the endpoint to which an event is sent."""
        event = json.loads(body)
        if event["object"] == "v2.core.event":
            return self.thin
        return self.connect if event.get("account") else self.platform


class Webhooks:
    """The queue of deliveries. A row is kept until the endpoint answers 2xx, or for three days, whatever is killed."""

    def __init__(self, store: Store, *, url: str | None, secrets: Secrets) -> None:
        self._db = store.db
        self._secrets = secrets
        self._wake = asyncio.Event()
        self._going: dict[int, asyncio.Task[None]] = {}
        self._random = random.Random()  # noqa: S311  # shuffles test data, no secret
        self.url = url
        self.mode: Mode = "release"
        self.attempts: deque[dict[str, Any]] = deque(maxlen=200)
        self._db.executescript(_SCHEMA)

    def queue(self, event: dict[str, Any]) -> None:
        """Queue an event, inside the transaction that makes it. Without an endpoint it is never sent."""
        if self.url is None:
            return
        for _ in range(2 if self.mode == "duplicate" else 1):
            self._db.execute(
                "insert into deliveries (event, type, body, emitted, due) values (?, ?, ?, ?, ?)",
                (event["id"], event["type"], json.dumps(event, indent=2), time.time(), self._first_due()),
            )
        self._wake.set()

    def switch(self, mode: str, *, seed: int | None = None) -> None:
        """Change how events are sent, including those that still wait. Raises ValueError for an unknown mode."""
        if mode not in get_args(Mode):
            raise ValueError(f"no such mode: {mode}; there are {get_args(Mode)}")
        self.mode = mode  # type: ignore[assignment]  # checked above
        self._random.seed(seed)
        waiting = self._db.execute("select id from deliveries order by id").fetchall()
        if mode == "duplicate":
            # Double only events that wait once: doubling all of them at every switch would never stop growing.
            self._db.execute(
                "insert into deliveries (event, type, body, emitted, due)"
                " select event, type, body, emitted, due from deliveries group by event having count(*) = 1 order by id"
            )
        elif mode != "hold":
            for row in waiting:
                self._db.execute("update deliveries set due = ? where id = ?", (self._first_due(), row["id"]))
        self._wake.set()

    @property
    def pending(self) -> int:
        return int(self._db.execute("select count(*) from deliveries").fetchone()[0])

    def _first_due(self) -> float:
        return time.time() + (self._random.uniform(0, _SHUFFLE_SECONDS) if self.mode == "shuffle" else 0.0)

    async def deliver_for_ever(self) -> None:
        """Deliver events for as long as the server runs."""
        async with httpx2.AsyncClient(timeout=10, trust_env=False) as client:
            try:
                while True:
                    self._wake.clear()
                    wait = self._start_what_is_due(client)
                    try:
                        await asyncio.wait_for(self._wake.wait(), wait)
                    except TimeoutError:
                        continue
            finally:
                for task in self._going.values():
                    task.cancel()
                await asyncio.gather(*self._going.values(), return_exceptions=True)

    def _start_what_is_due(self, client: httpx2.AsyncClient) -> float | None:
        """Start the deliveries that are due. Returns the seconds until the next is due; None to wait for a change."""
        if self.mode == "hold" or self.url is None:
            return None
        # Deliveries under way are still in the table, so read that many rows more.
        first = self._db.execute("select * from deliveries order by due, id limit ?", (2 * _AT_ONCE,)).fetchall()
        for row in first:
            if row["id"] in self._going:
                continue
            if row["due"] > time.time():
                return max(float(row["due"]) - time.time(), 0.001)
            if len(self._going) == _AT_ONCE:
                return None
            self._going[row["id"]] = asyncio.create_task(self._deliver(client, self.url, row))
        return None

    async def _deliver(self, client: httpx2.AsyncClient, url: str, row: sqlite3.Row) -> None:
        try:
            outcome = await self._send(client, url, row["body"])
            self.attempts.append({"event": row["event"], "type": row["type"], "outcome": outcome})
            if outcome.startswith("2") or time.time() - row["emitted"] > GIVE_UP_SECONDS:
                self._db.execute("delete from deliveries where id = ?", (row["id"],))
            else:
                pause = min(_FIRST_RETRY_SECONDS * 2 ** min(row["tries"], 20), _LONGEST_RETRY_SECONDS)
                self._db.execute(
                    "update deliveries set tries = tries + 1, due = ? where id = ?", (time.time() + pause, row["id"])
                )
        finally:
            del self._going[row["id"]]
            self._wake.set()

    async def _send(self, client: httpx2.AsyncClient, url: str, body: str) -> str:
        """Return the endpoint's status or the name of the error. Each attempt is signed with its own time."""
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(body, self._secrets.of(body), int(time.time())),
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        try:
            return str((await client.post(url, content=body, headers=headers)).status_code)
        except httpx2.RequestError as error:
            return type(error).__name__
