"""Whom a mail goes to. A beneficiary's address is sealed: opened here, for one mail, and the audit log says why."""

from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

from backend.database.acts import Acts
from backend.sealing.seals import SEALED_ADDRESS, keyring
from backend.settings import Settings


class Work(Protocol):
    """Of what the worker hands to jobs, what this needs."""

    @property
    def acts(self) -> Acts:
        """The worker's acts."""

    @property
    def settings(self) -> Settings:
        """The settings of the process."""


@dataclass(frozen=True)
class Addressee:
    """Where to write, in which language, and whether its owner has confirmed the address."""

    email: str
    locale: Literal["fr", "en"]
    verified: bool


async def of_account(work: Work, account_id: UUID, why: str, *, necessary: bool = True) -> Addressee | None:
    """Give the confirmed address of an account; None without one: an address that nobody verified may be a stranger's.

    why: the mail's name, for the audit log. necessary: False for a mail that somebody may do without (a reminder, an
    offer, news); whoever withdrew their consent to those gets none.
    """
    addressee = await of_account_unconfirmed(work, account_id, why, necessary=necessary)
    return addressee if addressee is not None and addressee.verified else None


async def of_account_unconfirmed(work: Work, account_id: UUID, why: str, *, necessary: bool = True) -> Addressee | None:
    """Give an account's address even where nobody confirmed it: for the mail that asks for that."""
    row = await work.acts.row("open_address", account_id, why, necessary)
    email: str | None = row["email"]
    if row["sealed"] is not None:
        key = keyring(work.settings).data_key(account_id, row["wrapped"], row["master_key"])
        email = key.open(SEALED_ADDRESS, row["sealed"]).decode()
    if email is None:
        return None
    return Addressee(email, "en" if row["locale"] == "en" else "fr", row["verified"])
