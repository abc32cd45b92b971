"""The mails that actions on accounts lead to: codes and links, which stand in no notice and in no job."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import structlog

from backend import mail
from backend.accounts.addressees import Addressee, find_addressee
from backend.accounts.confirmations import (
    CODE_MINUTES,
    LINK_HOURS,
    Mailed,
    Registrant,
    RequestUnreadable,
    code_hash,
    mailed,
)
from backend.accounts.letters import Delivery, Letter, to_confirmed_address
from backend.accounts.tokens import derived_token, token_hash
from backend.job_context import Work
from backend.mail import Enclosed
from backend.sealing.seals import address_look_up, keyring

RESET_MINUTES = 60
NOBODY = UUID(int=0)

log = structlog.get_logger("ecopanier.accounts")


async def write_registration(work: Work, delivery: Delivery) -> Letter | None:
    """Write a code and a link to an address that was registered; or tell its owner that it has an account already.

    The mail shows no name: anybody can register a stranger's address, and would choose what the stranger reads. A mail
    that is sent twice contains the same code and link.
    """
    registration_id = delivery.subject
    asked = await work.acts.row("open_registration", registration=registration_id)
    if asked["sealed"] is None:
        return None  # confirmed meanwhile, or its day is over
    look_up: bytes = asked["lookup"]
    try:
        who = Registrant.opened(work.settings, look_up, asked["sealed"])
    except RequestUnreadable:
        log.error("registration.unreadable")  # sealed with another secret key
        return None
    held = mailed(work.settings, "registration", str(registration_id))
    issued = await work.acts.row(
        "issue_registration",
        registration=registration_id,
        delivery=delivery.id,
        address=who.email,
        new_token_hash=token_hash(held.token),
        new_code_hash=code_hash(work.settings, look_up, held.code),
    )
    if issued["known"] is not None:
        known = Delivery(delivery.id, issued["known"], "already_registered", None, "own", {}, kept=True)
        return await to_confirmed_address(work, known)
    if not issued["issued"]:
        return None
    locale: Literal["fr", "en"] = "en" if asked["locale"] == "en" else "fr"
    return with_code(Addressee(who.email, locale, False), held, "confirm")


async def write_confirmation(work: Work, delivery: Delivery) -> Letter | None:
    """Write a code and a link to an account's address, unless it was confirmed meanwhile.

    Codes and tokens are derived from the delivery, so that a mail that is sent twice contains the same ones.
    """
    account_id = delivery.account_id
    addressee = await find_addressee(work, account_id, delivery.event) if account_id is not None else None
    if addressee is None or addressee.verified:
        return None
    look_up = address_look_up(keyring(work.settings), addressee.email)
    held = mailed(work.settings, "address", str(account_id), str(delivery.id))
    await work.acts.value(
        "issue_confirmation",
        account=account_id,
        address_lookup=look_up,
        new_token_hash=token_hash(held.token),
        new_code_hash=code_hash(work.settings, look_up, held.code),
    )
    # An account of an earlier release gets a new password; a beneficiary's address needs the one that they have.
    return with_code(addressee, held, "confirm-address" if addressee.sealed else "confirm")


async def write_reset(work: Work, delivery: Delivery) -> Letter | None:
    """Write a link to a new password, unless nobody has confirmed the address.

    Then the same is done up to the sending: where the API and the worker share a machine, the work of this job slows
    the next request down, which would tell whether the address is known.
    """
    account_id = delivery.account_id or delivery.subject or NOBODY
    addressee = await find_addressee(work, account_id, delivery.event)
    known = addressee is not None and addressee.verified
    await work.acts.value("tell_reset", account=account_id if known else NOBODY, delivery=delivery.id)
    token = await _reset_token(work, account_id if known else NOBODY, delivery.id)
    values: dict[str, Any] = {"valid_minutes": RESET_MINUTES, "secret_token": token or "none"}
    if addressee is None or token is None:
        await mail.send(work.settings, to=None, locale="fr", template="reset_password", **values)
        return None
    return Letter(addressee, "reset_password", Enclosed(values))


def with_code(addressee: Addressee, held: Mailed, page: str) -> Letter:
    """Return a letter with a code and a link. page: for a new password or the current one."""
    values = {
        "secret_code": held.code,
        "secret_token": held.token,
        "page": page,
        "valid_minutes": CODE_MINUTES,
        "valid_hours": LINK_HOURS,
    }
    return Letter(addressee, "address_to_confirm", Enclosed(values))


async def _reset_token(work: Work, account_id: UUID, delivery_id: UUID) -> str | None:
    """Return the token of this mail; None for NOBODY, or when it was used or a later mail's token has replaced it."""
    key = work.settings.derived_key("one-time-tokens")
    token = derived_token(key, "reset_password", str(account_id), str(delivery_id))
    issued = await work.acts.value(
        "issue_token",
        account=account_id,
        wanted_purpose="reset_password",
        new_hash=token_hash(token),
        expires=datetime.now(UTC) + timedelta(minutes=RESET_MINUTES),
    )
    return token if issued else None
