"""Remove agreements whose upload never completed."""

from backend.associations.removing import remove_documents
from backend.job_context import Work

MANY = 200


async def remove_orphans(work: Work) -> int:
    """Remove agreements whose upload has not completed for a day, and return how many were removed.

    The row of one whose file cannot be removed now stays marked as `going`.
    """
    return await remove_documents(
        work,
        lambda: work.acts.rows("orphaned_agreements", most=MANY),
        lambda agreement: work.acts.value("agreement_gone", agreement=agreement),
    )
