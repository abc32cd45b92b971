"""Remove agreements whose upload never completed: the file first, then the row."""

import structlog

from backend.associations.problems import DocumentStoreUnavailable
from backend.job_context import Work

MANY = 200

log = structlog.get_logger("ecopanier.associations")


async def remove_orphans(work: Work) -> int:
    """Remove agreements whose upload has not completed for a day, and return how many were removed.

    If the store cannot remove a file now, the job stops. The row stays marked as `going`, and the next run continues.
    """
    removed = 0
    while orphans := await work.acts.rows("orphaned_agreements", most=MANY):
        for row in orphans:
            try:
                await work.documents.remove(row[0])
            except DocumentStoreUnavailable:
                log.warning("associations.orphans_left", removed=removed)
                return removed
            await work.acts.value("agreement_gone", agreement=row[0])
            removed += 1
    return removed
