"""The jobs that finish an erasure and that enforce retention periods."""

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
    """Finish an erasure: rows added while it ran, the accounting copy, Supabase's sign-in and files. Safe to repeat.

    Raises SignInNotRemoved, so that the job is retried.
    """
    await work.acts.value("finish_erasure", account=account_id)
    await remove_sign_in(work.settings, account_id)
    await photos.remove_orphans(work)
    await associations.remove_orphans(work)


async def forget(work: Work) -> None:
    """Delete, anonymise or erase everything whose retention period is over, a bounded number of rows at a time."""
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
                # For example an association that has beneficiaries again after it was restored. An admin must look at
                # it; it does not stop the others.
                log.error("account.not_erased", account_id=str(account_id), code=refusal.sqlstate)
