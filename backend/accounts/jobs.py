"""The mails that actions on accounts lead to."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog

from backend.accounts.addressees import find_addressee, mail_addressee
from backend.accounts.tokens import derived_token, token_hash
from backend.job_context import Work

VERIFY_DAYS = 3
RESET_MINUTES = 60

log = structlog.get_logger("ecopanier.accounts")


async def send_mail(work: Work, account_id: UUID, mail: str, job_id: int) -> None:
    """Send an account one of these mails: verify_email, already_registered, reset_password, new_access, account_ends.

    The mails show no name: anybody can register a stranger's address, and would choose what the stranger reads.
    The token is derived from the job, so that a mail that is sent twice contains the same token. Raises MailNotSent,
    so that the job is tried again.
    """
    addressee = await find_addressee(work, account_id, mail)
    if addressee is None:
        return
    verified = addressee.verified
    token = None
    if mail == "reset_password" and verified:
        token = await _token(work, account_id, "reset_password", job_id, timedelta(minutes=RESET_MINUTES))
    elif mail in ("verify_email", "already_registered") and not verified:
        # In both mails: otherwise whoever registered this address first could keep its owner out for good.
        token = await _token(work, account_id, "verify_email", job_id, timedelta(days=VERIFY_DAYS))
    if token is None and not (verified and mail in ("already_registered", "new_access", "account_ends")):
        log.info("mail.not_needed", mail=mail)
        return
    await mail_addressee(
        work,
        account_id,
        addressee,
        mail,
        message_key=str(job_id),
        valid_days=VERIFY_DAYS,
        valid_minutes=RESET_MINUTES,
        token=token,
    )


async def _token(work: Work, account_id: UUID, purpose: str, job_id: int, lasts: timedelta) -> str | None:
    """Return the token of this mail; None when it has been used, or when a later mail's token has replaced it."""
    token = derived_token(work.settings.derived_key("one-time-tokens"), purpose, str(account_id), str(job_id))
    ends = datetime.now(UTC) + lasts
    issued = await work.acts.value(
        "issue_token", account=account_id, wanted_purpose=purpose, new_hash=token_hash(token), expires=ends
    )
    return token if issued else None
