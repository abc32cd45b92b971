"""The job that removes photos that no lot uses: their files first, then their rows."""

import structlog

from backend.job_context import Work
from backend.photos.problems import PhotoStoreUnavailable

MANY = 200
MOST_FAILURES = 3  # after this many, assume that the store is down

log = structlog.get_logger("ecopanier.photos")


async def remove_orphans(work: Work) -> int:
    """Remove photos that no lot used in time (a day), whose files were never stored, or that were erased.

    Returns how many were removed.
    A photo that the store fails to remove keeps its row with the status `going`, and the next run tries again. It does
    not stop the others.
    """
    removed = failed = 0
    while not failed and (orphans := await work.acts.rows("orphaned_photos", most=MANY)):
        for row in orphans:
            try:
                await work.photos.remove(row[0])
            except PhotoStoreUnavailable:
                failed += 1
                if failed == MOST_FAILURES:
                    break
                continue
            await work.acts.value("photo_gone", photo=row[0])
            removed += 1
    if failed:
        log.warning("photos.not_removed", failed=failed, removed=removed)
    return removed
