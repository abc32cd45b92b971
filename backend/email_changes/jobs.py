"""The mails about a change of address: a code to the new one, and to the old one a link that takes the change back."""

from typing import Literal
from uuid import UUID

import asyncpg

from backend.accounts.addressees import Addressee
from backend.accounts.confirmations import code_hash, mailed
from backend.accounts.jobs import with_code
from backend.accounts.letters import Delivery, Letter, to_confirmed_address
from backend.accounts.tokens import token_hash
from backend.email_changes.actions import revoking_token
from backend.job_context import Work
from backend.mail import Enclosed
from backend.sealing.seals import SEALED_ADDRESS, keyring

REVOCABLE_DAYS = 7
"""How long the old address can take a change back; the same as in `app.change_email`."""


async def write_email_change(work: Work, delivery: Delivery) -> Letter | None:
    """Write a code and a link to the new address; if it is another account's, tell its owner instead.

    The mail shows no name: anybody can name a stranger's address, and would choose what the stranger reads.
    """
    opened = await work.acts.row("open_email_change", change=delivery.subject, why=delivery.event)
    if opened["account"] is None or opened["changed"]:
        return None
    email = _opened(work, opened, "sealed")
    held = mailed(work.settings, "email-change", str(delivery.subject))
    issued = await work.acts.row(
        "issue_email_change",
        change=delivery.subject,
        delivery=delivery.id,
        address=email,
        new_token_hash=token_hash(held.token),
        new_code_hash=code_hash(work.settings, opened["account"].bytes, held.code),
    )
    if issued["known"] is not None:
        known = Delivery(delivery.id, issued["known"], "address_wanted", None, "own", {}, kept=True)
        return await to_confirmed_address(work, known)
    if not issued["issued"]:
        return None
    return with_code(Addressee(email, _locale(opened), False), held, "new-email")


async def write_change_asked(work: Work, delivery: Delivery) -> Letter | None:
    """Write to the present address that another one was asked for, with a link that stops it."""
    letter = await to_confirmed_address(work, delivery)
    opened = await work.acts.row("open_email_change", change=delivery.subject, why=delivery.event)
    if letter is None or delivery.subject is None or opened["account"] is None or opened["changed"]:
        return None  # once it has changed, the old address is told by another mail
    return Letter(letter.addressee, delivery.event, _enclosed(work, delivery.subject))


async def write_changed(work: Work, delivery: Delivery) -> Letter | None:
    """Write to the old address that it is the account's no longer, with a link that takes the change back."""
    opened = await work.acts.row("open_email_change", change=delivery.subject, why=delivery.event)
    if delivery.subject is None or opened["account"] is None:
        return None
    old: str | None = opened["old_email"]
    if opened["old_sealed"] is not None:
        old = _opened(work, opened, "old_sealed")
    if old is None:
        return None
    return Letter(Addressee(old, _locale(opened), True), "email_changed", _enclosed(work, delivery.subject))


def _opened(work: Work, opened: asyncpg.Record, name: str) -> str:
    key = keyring(work.settings).data_key(opened["account"], opened["wrapped"], opened["master_key"])
    return key.open(SEALED_ADDRESS, opened[name]).decode()


def _locale(opened: asyncpg.Record) -> Literal["fr", "en"]:
    return "en" if opened["locale"] == "en" else "fr"


def _enclosed(work: Work, change: UUID) -> Enclosed:
    return Enclosed({"secret_token": revoking_token(work.settings, change), "valid_days": REVOCABLE_DAYS})
