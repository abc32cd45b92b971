"""Photos that no lot has taken are removed: their files first, then their rows."""

import structlog

from backend.job_context import Work
from backend.photos.problems import PhotoStoreUnavailable

MANY = 200
MOST_FAILURES = 3  # after so many it is the store that is down

log = structlog.get_logger("ecopanier.photos")


async def remove_orphans(work: Work) -> int:
    """Remove a day-old photo that nothing shows, or whose files never came, and give how many were.

    One that the store does not remove now keeps its row, which says that it is going, and does not stop the others;
    the next run tries it again.
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
        log.warning("photos.orphans_left", removed=removed)
    return removed
