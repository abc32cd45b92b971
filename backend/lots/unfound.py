"""Count who searched for lots and found none, by commune and day: numbers alone leave the server's memory.

Each searcher counts once a day, wherever they search. They are known by a hash under a random key that is made anew at
midnight in Paris and never leaves the memory of this process. Of the processes that share a port, the first counts
for all: the others tell it who searched. Each server, and each one after a restart, counts for itself. What is
published is in groups of eleven people, so the database keeps the largest of these numbers: their sum would count one
person several times.
"""

import asyncio
import json
import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime
from hashlib import blake2b
from socket import socket
from zoneinfo import ZoneInfo

import asyncpg
import structlog

from backend.database.acts import Acts
from backend.http.processes import Siblings

EVERY_SECONDS = 60.0
MOST_SEARCHERS = 1_000_000  # 8 bytes each, and what a set needs besides
MOST_POINTS = 20_000
POINTS_AT_ONCE = 200
MOST_HEARD_AT_ONCE = 100
LONGEST_MESSAGE = 1_000  # bytes
DECIMALS = 2  # of a degree; a kilometre
PARIS = ZoneInfo("Europe/Paris")

log = structlog.get_logger("ecopanier.lots")


class Unfound:
    """The searches without a result since the last flush, and who has counted today."""

    def __init__(self, shared: Siblings | None = None) -> None:
        self._first = shared.tells if shared is not None and shared.number > 0 else None
        self._others = shared.hears if shared is not None and shared.number == 0 else None
        self._day = date.min
        self._key = b""
        self._seen: set[bytes] = set()
        self._visitors: set[bytes] = set()  # addresses that count as somebody, who has not signed in there
        self._counts: Counter[tuple[date, float, float]] = Counter()
        self._sums: Counter[tuple[date, str]] = Counter()  # of the day and its commune, by this process
        self._unsent: set[tuple[date, str]] = set()

    def note(self, address: str, account: str | None, latitude: float, longitude: float) -> None:
        """Count a search that found nothing, or tell the process that counts for all."""
        if self._first is None:
            self.count(address, account, latitude, longitude)
            return
        with suppress(OSError):  # it is busy, or starts again: this search is not counted
            self._first.send(json.dumps([address, account, latitude, longitude]).encode())

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen to the other processes meanwhile, if this is the one that counts for them."""
        others = self._others
        if others is None:
            yield
            return
        loop = asyncio.get_running_loop()
        loop.add_reader(others, self._hear, others)
        try:
            yield
        finally:
            loop.remove_reader(others)

    def _hear(self, others: socket) -> None:
        with suppress(BlockingIOError):
            for _ in range(MOST_HEARD_AT_ONCE):
                self.count(*json.loads(others.recv(LONGEST_MESSAGE)))

    def count(self, address: str, account: str | None, latitude: float, longitude: float) -> None:
        """Count a search that found nothing, unless its searcher counts today already.

        An account is a person. A visitor is known by the address they call from, and may be whoever signs in there or
        has signed in: they count once together.
        """
        today = datetime.now(PARIS).date()
        if today != self._day:
            self._day, self._key, self._seen, self._visitors = today, secrets.token_bytes(32), set(), set()
        if len(self._seen) >= MOST_SEARCHERS or len(self._counts) >= MOST_POINTS:
            return
        where = self._mark(address)
        who = where if account is None else self._mark(account)
        is_new = who not in self._seen
        self._seen |= {where, who}
        if is_new and account is None:
            self._visitors.add(where)
        elif is_new and where in self._visitors:
            self._visitors.discard(where)
            return
        if is_new:
            self._counts[today, round(latitude, DECIMALS), round(longitude, DECIMALS)] += 1

    def _mark(self, known: str) -> bytes:
        return blake2b(known.encode(), key=self._key, digest_size=8).digest()

    async def flush(self, acts: Acts) -> None:
        """Tell the database the numbers that changed. What cannot be told now is kept for the next time."""
        try:
            while self._counts:
                await self._add_up(acts, list(self._counts)[:POINTS_AT_ONCE])
            while self._unsent:
                some = sorted(self._unsent)[:POINTS_AT_ONCE]
                await acts.value(
                    "count_searches",
                    days=[day for day, _ in some],
                    communes=[commune for _, commune in some],
                    numbers=[self._sums[one] for one in some],
                )
                self._unsent.difference_update(some)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as failure:
            log.warning("searches.not_counted", error=type(failure).__name__)
        for over in [one for one in self._sums if one[0] != self._day and one not in self._unsent]:
            del self._sums[over]

    async def _add_up(self, acts: Acts, points: list[tuple[date, float, float]]) -> None:
        """Add the numbers of these points to those of their communes. A point in no commune counts nowhere."""
        communes: list[str | None] = await acts.value(
            "communes_at",
            latitudes=[latitude for _, latitude, _ in points],
            longitudes=[longitude for _, _, longitude in points],
        )
        for point, commune in zip(points, communes, strict=True):
            number = self._counts.pop(point)
            if commune is not None:
                self._sums[point[0], commune] += number
                self._unsent.add((point[0], commune))


async def flush_every_minute(unfound: Unfound, acts: Acts) -> None:
    """Add what was counted to the database each minute, and once more when this is cancelled."""
    try:
        with unfound.listening():
            while True:
                await asyncio.sleep(EVERY_SECONDS)
                await unfound.flush(acts)
    finally:
        with suppress(asyncio.CancelledError):
            await unfound.flush(acts)
