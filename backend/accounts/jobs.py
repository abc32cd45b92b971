"""What follows from acts on accounts: their mails."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog

from backend import mail as mails
from backend.accounts import addressees
from backend.accounts.addressees import Work
from backend.accounts.tokens import derived_token, token_hash

VERIFY_DAYS = 3
RESET_MINUTES = 60

log = structlog.get_logger("ecopanier.accounts")


async def send_mail(work: Work, account_id: UUID, mail: str, job_id: int) -> None:
    """Write to an account: `verify_email`, `already_registered`, `reset_password`, `new_access` or `account_ends`.

    Without names: anybody may register a stranger's address, and would choose what the stranger reads. Raises
    MailNotSent to be tried again; the token is made from the job, so that a mail sent twice holds the same one twice.
    """
    addressee = await addressees.of_account_unconfirmed(work, account_id, mail)
    if addressee is None:
        return
    verified = addressee.verified
    token = None
    if mail == "reset_password" and verified:
        token = await _token(work, account_id, "reset_password", job_id, timedelta(minutes=RESET_MINUTES))
    elif mail in ("verify_email", "already_registered") and not verified:
        # In both: else whoever registered this address first would keep its owner out for good.
        token = await _token(work, account_id, "verify_email", job_id, timedelta(days=VERIFY_DAYS))
    if token is None and not (verified and mail in ("already_registered", "new_access", "account_ends")):
        log.info("mail.not_needed", mail=mail)
        return
    await mails.send(
        work.settings,
        to=addressee.email,
        locale=addressee.locale,
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
