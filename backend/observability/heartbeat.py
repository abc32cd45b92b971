"""The heartbeat of the worker, which answers no requests: a file that it touches while it works.

`ecopanier worker --check` reads it, for Docker's health checks and the like.
"""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

EVERY_SECONDS = 5.0
SILENT_AFTER_SECONDS = 30.0
FORGOTTEN_AFTER_SECONDS = 86_400.0  # a container that was killed leaves its file in a volume that lasts


def heartbeat_file(data_dir: Path) -> Path:
    """Return the file of this host's worker: containers share the data directory, but have a host name each."""
    return data_dir / f"worker-{socket.gethostname()}.heartbeat"


async def beat(data_dir: Path, why_not: Callable[[], Awaitable[str | None]]) -> None:
    """Touch the file every few seconds for as long as `why_not` returns None; remove it at the end.

    A data directory that cannot be written stops no worker: then only the check fails.
    """
    file = heartbeat_file(data_dir)
    with suppress(OSError):
        _forget_dead_hosts(data_dir)
    try:
        while True:
            if await why_not() is None:
                with suppress(OSError):
                    file.touch()
            await asyncio.sleep(EVERY_SECONDS)
    finally:
        with suppress(OSError):
            file.unlink(missing_ok=True)


def _forget_dead_hosts(data_dir: Path) -> None:
    data_dir.mkdir(parents=True, exist_ok=True)
    for other in data_dir.glob("worker-*.heartbeat"):
        if time.time() - other.stat().st_mtime > FORGOTTEN_AFTER_SECONDS:
            other.unlink()


def silence(data_dir: Path) -> str | None:
    """Return why this host's worker is taken for dead, or None if it is alive."""
    try:
        seconds = time.time() - heartbeat_file(data_dir).stat().st_mtime
    except OSError:
        return "no worker works on this host, or it cannot reach the database"
    if seconds > SILENT_AFTER_SECONDS:
        return f"the worker has been silent for {seconds:.0f} s"
    return None
