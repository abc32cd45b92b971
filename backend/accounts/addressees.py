"""Mails to accounts: look up the address, then send. A beneficiary's address is unsealed for one mail, and audited."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal, cast
from uuid import UUID

import structlog

from backend import mail
from backend.database.acts import Acts
from backend.job_context import Work
from backend.sealing.seals import SEALED_ADDRESS, SEALED_PERSON, keyring, opened_json

AddressKind = Literal["own", "enrolled"]
"""The address with which somebody signs in, or the one that an association wrote down when it enrolled them."""

log = structlog.get_logger("ecopanier.mail")


@dataclass(frozen=True)
class Addressee:
    """An account's e-mail address, the language it reads, and whether its owner has confirmed the address.

    sealed: whether the address is stored sealed, as those of beneficiaries are.
    """

    email: str
    locale: Literal["fr", "en"]
    verified: bool
    sealed: bool = False


async def find_addressee(work: Work, account_id: UUID, template: str, *, necessary: bool = True) -> Addressee | None:
    """Return the address of an account, confirmed or not; None when it has none, is suspended or is erased.

    template: the mail's name, which the audit log records as the reason for opening a sealed address.
    necessary: False for a mail that somebody can do without (a reminder, an offer, news); the result is None for an
    account that does not want such mails.
    """
    row = await work.acts.row("open_address", account=account_id, why=template, necessary=necessary)
    email: str | None = row["email"]
    if row["sealed"] is not None:
        key = keyring(work.settings).data_key(account_id, row["wrapped"], row["master_key"])
        email = key.open(SEALED_ADDRESS, row["sealed"]).decode()
    if email is None:
        return None
    return Addressee(email, "en" if row["locale"] == "en" else "fr", row["verified"], row["sealed"] is not None)


async def every_address(work: Work, account_id: UUID, template: str) -> dict[AddressKind, Addressee]:
    """Return all addresses of an account for a mail that somebody's safety depends on; empty if there is none.

    They are returned confirmed or not, and for suspended accounts too. `enrolled` is missing if it is the person's own.
    """
    row = await work.acts.row("open_every_address", account=account_id, why=template)
    emails: dict[AddressKind, str | None] = {"own": row["email"], "enrolled": None}
    if row["wrapped"] is not None:
        key = keyring(work.settings).data_key(account_id, row["wrapped"], row["master_key"])
        if row["sealed"] is not None:
            emails["own"] = key.open(SEALED_ADDRESS, row["sealed"]).decode()
        if row["enrolled"] is not None:
            emails["enrolled"] = cast(dict[str, str | None], opened_json(key, SEALED_PERSON, row["enrolled"])).get(
                "email"
            )
    if (emails["enrolled"] or "").lower() == (emails["own"] or "").lower():
        emails["enrolled"] = None
    locale: Literal["fr", "en"] = "en" if row["locale"] == "en" else "fr"
    return {kind: Addressee(email, locale, False) for kind, email in emails.items() if email}


async def mail_or_refusal(
    work: Work,
    account_id: UUID | None,
    addressee: Addressee,
    template: str,
    *,
    message_key: str,
    enclosed: mail.Enclosed | None = None,
    unsubscribe: str | None = None,
    **values: Any,
) -> mail.MailNotSent | None:
    """Send a mail to an address that was looked up before; return the relay's last refusal if the address is given up.

    account_id: whose address it is; None where no account is known to have it. values: what the template shows.
    message_key: what makes this mail unique. A job that runs again sends the same Message-ID, so that mail programs
    can recognise the repetition. enclosed, unsubscribe: as `mail.send` takes them. Raises MailNotSent, so that the job
    is tried again.

    An address is given up when the relay refuses it time and again although it takes other mails in between, or puts it
    off for days. A relay that refuses everybody makes no address wrong: then every mail is kept.
    """
    message_id = f"{work.settings.public_url} {message_key}"
    digest = sha256(message_id.encode()).digest()
    relayed = work.settings.smtp_url is not None
    try:
        if relayed and not await work.acts.value("mail_may_go"):
            raise mail.MailNotSent("relay_fails", "relay")
        await mail.send(
            work.settings,
            to=addressee.email,
            locale=addressee.locale,
            template=template,
            message_id=message_id,
            enclosed=enclosed,
            unsubscribe=unsubscribe,
            **values,
        )
    except mail.MailNotSent as failure:
        kept = await work.acts.row(
            "mail_failed",
            message=digest,
            account=account_id,
            template=template,
            smtp_code=failure.smtp_code,
            blamed=failure.blamed,
        )
        if kept["outage"]:
            log.error("mail.relay_fails", cause=str(failure), smtp_code=failure.smtp_code, waiting=kept["waiting"])
        if not kept["given_up"]:
            raise
        log.warning("mail.refused", template=template, smtp_code=failure.smtp_code)
        return failure
    if relayed:
        failing_since = await work.acts.value("mail_accepted", message=digest)
        if failing_since is not None:
            log.info("mail.relay_works_again", failing_since=failing_since.isoformat())
    return None


async def mail_state(acts: Acts) -> tuple[int, datetime | None]:
    """Return how many mails wait because the relay did not take them, and since when it fails; None if it works."""
    row = await acts.row("mail_state")
    return row["waiting"], row["failing_since"]
