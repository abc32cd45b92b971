"""What follows from an erasure, and the job that enforces how long anything is kept."""

from uuid import UUID

import asyncpg
import structlog

from backend.associations import jobs as associations
from backend.job_context import Work
from backend.photos import jobs as photos
from backend.privacy.sign_ins import remove_sign_in

MANY = 500

log = structlog.get_logger("ecopanier.privacy")


async def finish_erasure(work: Work, account_id: UUID) -> None:
    """Do what an erasure left to do: what slipped in beside it, the books, the sign-in, files. Harmless twice.

    Raises SignInNotRemoved, to be tried again.
    """
    await work.acts.value("finish_erasure", account=account_id)
    await remove_sign_in(work.settings, account_id)
    await photos.remove_orphans(work)
    await associations.remove_orphans(work)


async def forget(work: Work) -> None:
    """Remove, erase or make nobody's whatever has had its time, a bounded number at a time."""
    while await work.acts.value("prune", most=MANY):
        pass
    while await work.acts.value("forget_reservations", most=MANY):
        pass
    while await work.acts.value("warn_silent_accounts", most=MANY):
        pass
    tried: set[UUID] = set()
    while due := {row[0] for row in await work.acts.rows("accounts_to_erase", most=MANY)} - tried:
        for account_id in due:
            tried.add(account_id)
            try:
                await work.acts.value("erase_in_time", account=account_id)
            except asyncpg.PostgresError as refusal:
                # An association that people count on again, once restored: for an admin to see to; the others go on.
                log.error("privacy.not_erased", account_id=str(account_id), code=refusal.sqlstate)
