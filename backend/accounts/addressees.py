"""Mails to accounts: look up the address, then send. A beneficiary's address is unsealed for one mail, and audited."""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from backend import mail
from backend.job_context import Work
from backend.sealing.seals import SEALED_ADDRESS, keyring


@dataclass(frozen=True)
class Addressee:
    """An account's e-mail address, the language it reads, and whether its owner has confirmed the address."""

    email: str
    locale: Literal["fr", "en"]
    verified: bool


async def mail_account(
    work: Work,
    account_id: UUID,
    template: str,
    *,
    necessary: bool = True,
    message_key: str | None = None,
    **values: Any,
) -> None:
    """Send a mail to an account's confirmed address.

    Nothing is sent when the account has no address, or one that nobody confirmed: it may be a stranger's. The other
    parameters are those of `find_addressee` and `mail_addressee`. Raises MailNotSent, so that the job is tried again.
    """
    addressee = await find_addressee(work, account_id, template, necessary=necessary)
    if addressee is not None and addressee.verified:
        await mail_addressee(work, addressee, template, message_key=message_key, **values)


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
    return Addressee(email, "en" if row["locale"] == "en" else "fr", row["verified"])


async def mail_addressee(
    work: Work, addressee: Addressee, template: str, *, message_key: str | None = None, **values: Any
) -> None:
    """Send a mail to an address that was looked up before. `values` are what the template shows.

    message_key: what makes this mail unique. A job that runs again sends the same Message-ID, so that mail programs
    can recognise the repetition; None gives every try its own. Raises MailNotSent, so that the job is tried again.
    """
    await mail.send(
        work.settings,
        to=addressee.email,
        locale=addressee.locale,
        template=template,
        message_id=f"{work.settings.public_url} {message_key}" if message_key is not None else None,
        **values,
    )
