"""The mails that actions on accounts lead to."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import structlog

from backend import mail
from backend.accounts.addressees import Addressee, find_addressee, mail_account, mail_addressee, notify
from backend.accounts.confirmations import (
    CODE_MINUTES,
    LINK_HOURS,
    Mailed,
    Registrant,
    RequestUnreadable,
    code_hash,
    mailed,
)
from backend.accounts.tokens import derived_token, token_hash
from backend.job_context import Work
from backend.sealing.seals import address_look_up, keyring

RESET_MINUTES = 60
NOBODY = UUID(int=0)

log = structlog.get_logger("ecopanier.accounts")


async def mail_registration(work: Work, registration_id: UUID) -> None:
    """Mail a code and a link to an address that was registered; or tell its owner that it has an account already.

    The mail shows no name: anybody can register a stranger's address, and would choose what the stranger reads. A mail
    that is sent twice contains the same code and link. Raises MailNotSent, so that the job is tried again.
    """
    asked = await work.acts.row("open_registration", registration=registration_id)
    if asked["sealed"] is None:
        log.info("mail.not_needed", mail="registration")  # confirmed meanwhile, or its day is over
        return
    look_up: bytes = asked["lookup"]
    try:
        who = Registrant.opened(work.settings, look_up, asked["sealed"])
    except RequestUnreadable:
        log.error("registration.unreadable")  # sealed with another secret key
        return
    held = mailed(work.settings, "registration", str(registration_id))
    issued = await work.acts.row(
        "issue_registration",
        registration=registration_id,
        address=who.email,
        new_token_hash=token_hash(held.token),
        new_code_hash=code_hash(work.settings, look_up, held.code),
    )
    key = str(registration_id)
    if issued["known"] is not None:
        await mail_account(work, issued["known"], "already_registered", message_key=key)
    elif issued["issued"]:
        locale: Literal["fr", "en"] = "en" if asked["locale"] == "en" else "fr"
        await _mail_code(work, None, Addressee(who.email, locale, False), held, "confirm", key)


async def send_mail(work: Work, account_id: UUID | None, mail: str, job_id: int) -> None:
    """Mail verify_email or reset_password to an account, or tell it of new_access, new_card or account_ends.

    account_id: None for a reset_password that was asked for at an address that no account has confirmed. Codes and
    tokens are derived from the job, so that a mail that is sent twice contains the same ones. Raises MailNotSent, so
    that the job is tried again.
    """
    if mail == "reset_password":
        await _mail_reset(work, account_id or NOBODY, job_id)
        return
    if account_id is None:
        log.info("mail.not_needed", mail=mail)
        return
    if mail != "verify_email":
        await notify(work, account_id, mail, once=str(job_id))
        return
    addressee = await find_addressee(work, account_id, mail)
    if addressee is None or addressee.verified:
        log.info("mail.not_needed", mail=mail)
    else:
        look_up = address_look_up(keyring(work.settings), addressee.email)
        held = mailed(work.settings, "address", str(account_id), str(job_id))
        await work.acts.value(
            "issue_confirmation",
            account=account_id,
            address_lookup=look_up,
            new_token_hash=token_hash(held.token),
            new_code_hash=code_hash(work.settings, look_up, held.code),
        )
        # An account of an earlier release gets a new password; a beneficiary's address needs the one that they have.
        page = "confirm-address" if addressee.sealed else "confirm"
        await _mail_code(work, account_id, addressee, held, page, str(job_id))


async def _mail_reset(work: Work, account_id: UUID, job_id: int) -> None:
    """Mail a link to a new password, unless nobody has confirmed the address.

    Then the same is done up to the sending: where the API and the worker share a machine, the work of this job slows
    the next request down, which would tell whether the address is known.
    """
    addressee = await find_addressee(work, account_id, "reset_password")
    known = addressee is not None and addressee.verified
    token = await _reset_token(work, account_id if known else NOBODY, job_id)
    values: dict[str, Any] = {"valid_minutes": RESET_MINUTES, "token": token or ""}
    if addressee is None or token is None:
        await mail.send(work.settings, to=None, locale="fr", template="reset_password", **values)
        log.info("mail.not_needed", mail="reset_password")
    else:
        await mail_addressee(work, account_id, addressee, "reset_password", message_key=str(job_id), **values)


async def _mail_code(
    work: Work, account_id: UUID | None, addressee: Addressee, held: Mailed, page: str, message_key: str
) -> None:
    """Mail a code and a link. page: the one that the link opens, for a new password or for the current one."""
    await mail_addressee(
        work,
        account_id,
        addressee,
        "verify_email",
        message_key=message_key,
        code=held.code,
        page=page,
        token=held.token,
        valid_minutes=CODE_MINUTES,
        valid_hours=LINK_HOURS,
    )


async def _reset_token(work: Work, account_id: UUID, job_id: int) -> str | None:
    """Return the token of this mail; None for NOBODY, or when it was used or a later mail's token has replaced it."""
    token = derived_token(work.settings.derived_key("one-time-tokens"), "reset_password", str(account_id), str(job_id))
    issued = await work.acts.value(
        "issue_token",
        account=account_id,
        wanted_purpose="reset_password",
        new_hash=token_hash(token),
        expires=datetime.now(UTC) + timedelta(minutes=RESET_MINUTES),
    )
    return token if issued else None
