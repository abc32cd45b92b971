"""Count who searched for lots and found none, by place and day: numbers alone leave this process.

Each searcher counts once a day, wherever they search. They are known by a hash under a random key that is made anew at
midnight in Paris and never leaves the memory of this process. With several processes a searcher may count in each.
"""

import asyncio
import secrets
from collections import Counter
from contextlib import suppress
from datetime import date, datetime
from hashlib import blake2b
from zoneinfo import ZoneInfo

import asyncpg
import structlog

from backend.database.acts import Acts

EVERY_SECONDS = 60.0
MOST_SEARCHERS = 1_000_000  # 8 bytes each, and what a set needs besides
MOST_POINTS = 20_000
POINTS_AT_ONCE = 200
DECIMALS = 2  # of a degree; a kilometre
PARIS = ZoneInfo("Europe/Paris")

log = structlog.get_logger("ecopanier.lots")


class Unfound:
    """The searches without a result since the last flush, and who has counted today."""

    def __init__(self) -> None:
        self._day = date.min
        self._key = b""
        self._seen: set[bytes] = set()
        self._counts: Counter[tuple[date, float, float]] = Counter()

    def note(self, searcher: str, latitude: float, longitude: float) -> None:
        """Count a search that found nothing, unless its searcher counts today already."""
        today = datetime.now(PARIS).date()
        if today != self._day:
            self._day, self._key, self._seen = today, secrets.token_bytes(32), set()
        if len(self._seen) >= MOST_SEARCHERS or len(self._counts) >= MOST_POINTS:
            return
        mark = blake2b(searcher.encode(), key=self._key, digest_size=8).digest()
        if mark not in self._seen:
            self._seen.add(mark)
            self._counts[today, round(latitude, DECIMALS), round(longitude, DECIMALS)] += 1

    async def flush(self, acts: Acts) -> None:
        """Add what was counted to the database. What cannot be added now is kept for the next time."""
        counted, self._counts = list(self._counts.items()), Counter()
        while counted:
            some = counted[:POINTS_AT_ONCE]
            try:
                await acts.value(
                    "count_searches",
                    days=[day for (day, _, _), _ in some],
                    latitudes=[latitude for (_, latitude, _), _ in some],
                    longitudes=[longitude for (_, _, longitude), _ in some],
                    numbers=[number for _, number in some],
                )
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as failure:
                log.warning("searches.not_counted", error=type(failure).__name__)
                self._counts.update(dict(counted))
                return
            counted = counted[POINTS_AT_ONCE:]


async def flush_every_minute(unfound: Unfound, acts: Acts) -> None:
    """Add what was counted to the database each minute, and once more when this is cancelled."""
    try:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            await unfound.flush(acts)
    finally:
        with suppress(asyncio.CancelledError):
            await unfound.flush(acts)
