"""Counters with a time window, which all processes that serve together share: for `rate_limits`.

They stand in a file that each process maps into its memory (LMDB). A process that dies while it counts leaves the file
whole. Names are hashed under a secret, so that the file tells no address.
"""

import atexit
import shutil
import struct
import tempfile
import time
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import lmdb
import structlog
from limits.aio.storage import Storage

from backend.settings import settings

LARGEST = 256 * 1024 * 1024  # bytes; room for two million counters. What is not used takes no memory
FULL = 2**31
"""The count returned once the file is full: more than any limit, so that what cannot be counted is refused."""
SWEPT_AT_ONCE = 4  # so many counters whose window is over go for each that begins; no request waits for all of them
_COUNTER = struct.Struct(">Id")  # hits, and the end of the window in seconds since 1970
_END = struct.Struct(">d")  # of positive numbers, this form sorts by value

log = structlog.get_logger("ecopanier.rate_limits")


class _Opened(NamedTuple):
    """The file; its counters by name; and the same names in the order in which their windows end."""

    file: lmdb.Environment
    counted: Any
    ends: Any


class Counters(Storage):
    """Implements the storage of `limits`, whose own storage in memory belongs to one process.

    The file is opened at the first use, which must be after a fork. It stands in `folder`, which processes that share
    it set before that; without one, in a folder of this process alone.
    """

    STORAGE_SCHEME = ["async+counters"]  # noqa: RUF012  the library's name for it

    def __init__(self) -> None:
        super().__init__()
        self.folder: Path | None = None

    @cached_property
    def _secret(self) -> bytes:
        return settings().derived_key("rate-limits")

    @cached_property
    def _opened(self) -> "_Opened":
        folder = self.folder
        if folder is None:
            folder = Path(tempfile.mkdtemp(prefix="ecopanier-limits-"))
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
        file = lmdb.open(
            str(folder / "limits"),
            map_size=LARGEST,
            max_dbs=2,
            sync=False,  # nothing of it needs to outlive the machine
            metasync=False,
            readahead=False,
        )
        file.reader_check()  # forgets readers that died
        # Opened before any change begins: opening waits for changes to end.
        return _Opened(file, file.open_db(b"counted"), file.open_db(b"ends"))

    @property
    def base_exceptions(self) -> type[Exception]:
        """The exceptions that the library would wrap."""
        return lmdb.Error

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Add to a counter and return its value, or FULL. It restarts once its window of `expiry` seconds is over."""
        name, (file, counted, ends_of) = self._name(key), self._opened
        try:
            with file.begin(write=True) as change:
                now = time.time()
                hits, ends = _read(change.get(name, db=counted))
                if ends <= now:
                    if ends:
                        change.delete(_END.pack(ends) + name, db=ends_of)
                    self._sweep(change, now)
                    hits, ends = 0, now + expiry
                    change.put(_END.pack(ends) + name, b"", db=ends_of)
                change.put(name, _COUNTER.pack(hits + amount, ends), db=counted)
        except (lmdb.MapFullError, lmdb.DiskError) as problem:  # the file is full, or the disk
            log.warning("rate_limits.not_counted", error=type(problem).__name__)
            return FULL
        return hits + amount

    async def get(self, key: str) -> int:
        """Return the hits of the current window."""
        hits, ends = self._now(key)
        return hits if ends > time.time() else 0

    async def get_expiry(self, key: str) -> float:
        """Return when the window ends, in seconds since 1970."""
        return max(self._now(key)[1], time.time())

    async def check(self) -> bool:
        """Return True: the file is always there."""
        return True

    async def reset(self) -> int | None:
        """Remove all counters and return how many there were."""
        file, counted, ends_of = self._opened
        with file.begin(write=True) as change:
            forgotten = int(change.stat(counted)["entries"])
            change.drop(counted, delete=False)
            change.drop(ends_of, delete=False)
        return forgotten

    async def clear(self, key: str) -> None:
        """Remove one counter."""
        name, (file, counted, ends_of) = self._name(key), self._opened
        with file.begin(write=True) as change:
            _, ends = _read(change.pop(name, db=counted))
            change.delete(_END.pack(ends) + name, db=ends_of)

    def _now(self, key: str) -> tuple[int, float]:
        name, (file, counted, _) = self._name(key), self._opened
        with file.begin() as look:
            return _read(look.get(name, db=counted))

    def _sweep(self, change: lmdb.Transaction, now: float) -> None:
        """Remove some counters whose window is over, the oldest first."""
        _, counted, ends_of = self._opened
        cursor = change.cursor(ends_of)
        for _ in range(SWEPT_AT_ONCE):
            if not cursor.first():
                return
            end = bytes(cursor.key())
            if _END.unpack(end[: _END.size])[0] > now:
                return
            cursor.delete()
            change.delete(end[_END.size :], db=counted)

    def _name(self, key: str) -> bytes:
        return blake2b(key.encode("utf-8", "replace"), digest_size=16, key=self._secret).digest()


def _read(kept: bytes | None) -> tuple[int, float]:
    hits, ends = _COUNTER.unpack(kept) if kept is not None else (0, 0.0)
    return hits, ends
