"""Jobs of funds: give back what is left, issue and print monthly statements, and forget them after ten years."""

import asyncio
import hashlib

import structlog

from backend.associations.documents import PAPER
from backend.associations.problems import DocumentStoreUnavailable
from backend.funds.papers import statement_pdf
from backend.job_context import Work

SOME = 50

log = structlog.get_logger("ecopanier.funds")


async def state(work: Work) -> int:
    """Settle funds that are over, issue the statements that are due, and tell owners; return how many were issued."""
    await work.acts.value("settle_funds", most=SOME)
    issued = 0
    while count := await work.acts.value("issue_fund_statements", most=SOME):
        issued += count
    await work.acts.value("tell_ending_funds", most=SOME)
    return issued


async def print_statements(work: Work) -> int:
    """Print the statements that were issued, and return how many. Whatever one holds, the others are printed.

    If the file store is away, they are printed in a later run.
    """
    done = 0
    while rows := await work.acts.rows("fund_statements_to_print", most=SOME):
        for row in rows:
            try:
                pdf = await asyncio.to_thread(statement_pdf, row["contents"])
                await work.documents.keep(row["id"], {PAPER: pdf})
            except DocumentStoreUnavailable:
                return done
            except Exception as failure:  # a name that typst cannot set, for one
                log.error("funds.not_printed", statement=str(row["id"]), error=type(failure).__name__)
                continue
            await work.acts.value(
                "fund_statement_stored", statement=row["id"], sha256=hashlib.sha256(pdf).hexdigest(), bytes=len(pdf)
            )
            done += 1
    return done


async def forget_statements(work: Work) -> int:
    """Remove statements that are kept no longer: the file first, then the row. Return how many were removed."""
    removed = 0
    while rows := await work.acts.rows("fund_statements_over", most=SOME):
        for row in rows:
            try:
                await work.documents.remove(row[0])
            except DocumentStoreUnavailable:
                return removed
            await work.acts.value("fund_statement_gone", statement=row[0])
            removed += 1
    return removed
