"""Forget slips and donation receipts whose time is over."""

from backend.associations.problems import DocumentStoreUnavailable
from backend.job_context import Work

SOME = 100


async def forget_papers(work: Work) -> int:
    """Remove papers that are kept no longer: the file first, then the row. Return how many were removed."""
    removed = 0
    while rows := await work.acts.rows("papers_over", most=SOME):
        for row in rows:
            try:
                await work.documents.remove(row[0])
            except DocumentStoreUnavailable:
                return removed
            await work.acts.value("paper_gone", paper=row[0])
            removed += 1
    return removed
