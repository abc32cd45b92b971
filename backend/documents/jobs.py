"""Issue the papers of months and years that are over, print them, and forget those whose time is over.

The database issues: number, date and all that is printed are in a row before anything is typeset. So a worker that dies
in between leaves neither a gap in the numbers nor a paper without a file: the next one prints from the same row.
"""

import asyncio
from collections.abc import Iterator

import asyncpg
import structlog

from backend.associations.problems import DocumentStoreUnavailable
from backend.associations.removing import remove_documents
from backend.documents.company import company_of
from backend.documents.printing import print_document
from backend.job_context import Work

SOME = 100
MANY = 1000
AT_ONCE = 4  # while two are typeset, others are stored
TOLD_EVERY = 100

log = structlog.get_logger("ecopanier.documents")


async def issue_months(work: Work) -> int:
    """Issue the papers of each shop's months that are over, and copies of years; return how many were issued.

    Nothing is issued without the platform's own data, which every invoice has to name. A shop whose papers cannot be
    issued does not stop the others; raises an ExceptionGroup of the failures at the end.
    """
    company = company_of(work.settings)
    due = await work.acts.rows("months_to_state")
    if company is None:
        if due:
            log.error("documents.no_company", shops=len(due))
        return 0
    platform = company.model_dump_json()
    issued, failed = 0, list[Exception]()
    # A shop may have several months to catch up with: each round issues the oldest one.
    while due:
        done = 0
        for row in due:
            try:
                count = await work.acts.value("issue_month", shop=row["shop_id"], month=row["month"], platform=platform)
            except (asyncpg.PostgresError, TimeoutError) as failure:
                log.error("documents.not_issued", shop=str(row["shop_id"]), error=type(failure).__name__)
                failed.append(failure)
                continue
            issued, done = issued + count, done + 1
            if done % TOLD_EVERY == 0:
                log.info("documents.issuing", shops=done, of=len(due), month=str(row["month"]))
        if not done:
            break
        log.info("documents.issued", shops=done, of=len(due), papers=issued)
        due = await work.acts.rows("months_to_state")
    issued += await _issue_years(work, platform)
    if failed:
        raise ExceptionGroup("papers of shops were not issued", failed)
    return issued


async def _issue_years(work: Work, platform: str) -> int:
    """Issue the copies of the last year, when they are due, and return how many."""
    issued = 0
    while count := await work.acts.value("issue_years", platform=platform, most=MANY):
        issued += count
        log.info("documents.years_issued", papers=issued)
    return issued


async def print_documents(work: Work) -> int:
    """Print the papers that were issued, oldest first, and return how many.

    Whatever a paper holds, the others are printed. If the store is away the job stops; a later run prints the rest.
    """
    printed = 0
    while rows := await work.acts.rows("documents_to_print", most=SOME):
        waiting = iter(rows)
        done = await asyncio.gather(*(_press(work, waiting) for _ in range(AT_ONCE)))
        printed += sum(count for count, _ in done)
        log.info("documents.printed", papers=printed)
        if not all(reached for _, reached in done):
            log.warning("documents.store_unavailable", printed=printed)
            break
    return printed


async def _press(work: Work, waiting: Iterator[asyncpg.Record]) -> tuple[int, bool]:
    """Print papers until none is waiting; return how many, and whether the store could be reached."""
    printed = 0
    for row in waiting:
        try:
            await print_document(work.acts, work.documents, row["id"], row["kind"], row["contents"])
        except DocumentStoreUnavailable:
            return printed, False
        except Exception as failure:  # a name that typst cannot set, for one
            log.error("documents.not_printed", document=str(row["id"]), error=type(failure).__name__)
            continue
        printed += 1
    return printed, True


async def forget_documents(work: Work) -> int:
    """Remove papers that are kept no longer, and return how many were removed."""
    return await remove_documents(
        work,
        lambda: work.acts.rows("documents_over", most=SOME),
        lambda document: work.acts.value("document_gone", document=document),
    )
