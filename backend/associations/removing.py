"""Remove documents whose rows are to go: the file first, then the row, so that no file is left without one."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from backend.associations.problems import DocumentStoreUnavailable
from backend.job_context import Work

log = structlog.get_logger("ecopanier.documents")


async def remove_documents(
    work: Work,
    found: Callable[[], Awaitable[Sequence[asyncpg.Record]]],
    gone: Callable[[UUID], Awaitable[Any]],
) -> int:
    """Remove the documents that `found` returns, until it returns none; return how many were removed.

    found: reads some ids of documents, in its first column; gone: deletes the row of one whose file is removed. If the
    store cannot remove a file now, this stops; the rows stay, and the next run continues.
    """
    removed = 0
    while rows := await found():
        for row in rows:
            try:
                await work.documents.remove(row[0])
            except DocumentStoreUnavailable:
                log.warning("documents.not_removed", removed=removed)
                return removed
            await gone(row[0])
            removed += 1
    return removed
