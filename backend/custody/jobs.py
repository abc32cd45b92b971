"""Return portions of failed collections to their lots, and forget slips and donation receipts whose time is over."""

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


async def settle_failed(work: Work) -> int:
    """Return the portions of failed collections to their lots; return how many collections.

    One transaction takes few of them, because each holds the stock of its lots until the end.
    """
    settled = 0
    while count := int(await work.acts.value("settle_failed", most=1)):
        settled += count
    return settled
