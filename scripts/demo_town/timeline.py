"""The time of the demo town's story: what happens when, in chronological order."""

import heapq
import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from scripts.demo_town.offers import PARIS, paris

WEEKS = 6
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Timeline:
    """The events planned up to now. Only the dates of a story move with the present."""

    def __init__(self, now: datetime) -> None:
        self.now = now.astimezone(UTC)
        self.today = now.astimezone(PARIS).date()
        self._ahead: list[tuple[datetime, int, partial[object]]] = []
        self._numbers = itertools.count(1)

    def number(self) -> int:
        """Return the next number, each of which is given once."""
        return next(self._numbers)

    def then(self, moment: datetime, happens: Callable[..., object], *arguments: object) -> None:
        """Plan something. Of two that happen at the same moment, the one planned first comes first."""
        assert moment <= self.now, "the story ends now"
        heapq.heappush(self._ahead, (moment, self.number(), partial(happens, *arguments)))

    def days_ago(self, days: int, at: str) -> datetime:
        """Return a time of a day before today, in Paris."""
        return paris(self.today - timedelta(days=days), at)

    def events(self) -> Iterator[tuple[datetime, Callable[[], object]]]:
        """Return what is planned, one by one in order, with what each event plans in its turn."""
        while self._ahead:
            moment, _, happens = heapq.heappop(self._ahead)
            yield moment, happens
