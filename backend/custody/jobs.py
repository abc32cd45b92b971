"""Return portions of failed collections to their lots, and forget slips and donation receipts whose time is over."""

from backend.associations.removing import remove_documents
from backend.job_context import Work

SOME = 100


async def forget_papers(work: Work) -> int:
    """Remove papers that are kept no longer, and return how many were removed."""
    return await remove_documents(
        work,
        lambda: work.acts.rows("papers_over", most=SOME),
        lambda paper: work.acts.value("paper_gone", paper=paper),
    )


async def settle_failed(work: Work) -> int:
    """Return the portions of failed collections to their lots; return how many collections.

    One transaction takes few of them, because each holds the stock of its lots until the end.
    """
    settled = 0
    while count := int(await work.acts.value("settle_failed", most=1)):
        settled += count
    return settled
