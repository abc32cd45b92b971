"""What follows from acts on accounts: their mails."""

from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend import mail as mails
from backend.accounts.models import Account
from backend.accounts.tokens import derived_token, token_hash
from backend.db import Acts
from backend.settings import Settings

VERIFY_DAYS = 3
RESET_MINUTES = 60

log = structlog.get_logger("ecopanier.accounts")


class Work(Protocol):
    """Of what the worker hands to jobs, what these need."""

    @property
    def acts(self) -> Acts:
        """The worker's acts."""

    @property
    def settings(self) -> Settings:
        """The settings of the process."""

    def session(self) -> AsyncSession:
        """Open a session as ecopanier_worker."""


async def send_mail(work: Work, account_id: UUID, mail: str, job_id: int) -> None:
    """Write to an account: `verify_email`, `already_registered` or `reset_password`.

    Without names: anybody may register a stranger's address, and would choose what the stranger reads. Raises
    MailNotSent to be tried again; the token is made from the job, so that a mail sent twice holds the same one twice.
    """
    async with work.session() as session, session.begin():
        wanted = select(col(Account.email), col(Account.email_verified_at), col(Account.locale), col(Account.status))
        account = (await session.execute(wanted.where(col(Account.id) == account_id))).one_or_none()
    if account is None or account.email is None or account.status != "active":
        return
    verified = account.email_verified_at is not None
    token = None
    if mail == "reset_password" and verified:
        token = await _token(work, account_id, "reset_password", job_id, timedelta(minutes=RESET_MINUTES))
    elif mail in ("verify_email", "already_registered") and not verified:
        # In both: else whoever registered this address first would keep its owner out for good.
        token = await _token(work, account_id, "verify_email", job_id, timedelta(days=VERIFY_DAYS))
    if token is None and not (mail == "already_registered" and verified):
        log.info("mail.not_needed", mail=mail)
        return
    await mails.send(
        work.settings,
        to=account.email,
        locale=account.locale,
        template=mail,
        message_id=f"{work.settings.public_url} {job_id}",
        valid_days=VERIFY_DAYS,
        valid_minutes=RESET_MINUTES,
        token=token,
    )


async def _token(work: Work, account_id: UUID, purpose: str, job_id: int, lasts: timedelta) -> str | None:
    """Give the token of this mail; None once it was used, or a later mail's took its place."""
    token = derived_token(work.settings.derived_key("one-time-tokens"), purpose, str(account_id), str(job_id))
    ends = datetime.now(UTC) + lasts
    return token if await work.acts.value("issue_token", account_id, purpose, token_hash(token), ends) else None
