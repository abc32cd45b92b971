"""The addresses that a walk through the pages opens: a few of each kind, so that it ends."""

import re
from collections import Counter
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlsplit

ALIKE = 2  # pages of one kind, such as two lots
FILTERED = 4  # addresses of one page with different parameters
# The API's documentation and its problems are no screens; files are read by their own tests.
OUTSIDE = re.compile(
    r"/(v1|static|docs|openapi\.json|problems/.+|\.well-known|photos)(/|$|\?)"
    r"|.*\.(pdf|csv|ics|zip)(\?|$)|.*/tours/[0-9a-f-]{36}/(signed-)?sheet(\?|$)"
)
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


def kind_of(path: str) -> str:
    """Return the kind of a page: its path, with `{id}` for each id."""
    return _ID.sub("{id}", urlsplit(path).path)


class Links:
    """The addresses that were met and are still to be opened, each with the page that links to it."""

    def __init__(self, *starts: str) -> None:
        self._seen = set(starts)
        self._todo = [(start, "the start") for start in starts]
        self._opened: Counter[tuple[str, bool]] = Counter()

    def met(self, addresses: Iterable[str], on: str) -> None:
        """Note addresses of ours that a page leads to."""
        for address in addresses:
            if address not in self._seen and not OUTSIDE.match(address) and not _only_says_what_was_done(address):
                self._seen.add(address)
                self._todo.append((address, on))

    def next(self) -> tuple[str, str] | None:
        """Return the next address to open and where it was met; None if enough of every kind was opened."""
        while self._todo:
            path, on = self._todo.pop(0)
            filtered = bool(urlsplit(path).query)
            kind = (kind_of(path), filtered)
            if self._opened[kind] < (FILTERED if filtered else ALIKE):
                self._opened[kind] += 1
                return path, on
        return None


def _only_says_what_was_done(address: str) -> bool:
    return any(name == "done" for name, _ in parse_qsl(urlsplit(address).query))
