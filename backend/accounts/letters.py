"""Deliveries and the letters that they mail: to a confirmed address, or to any address for somebody's safety."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from backend.accounts.addressees import Addressee, AddressKind, every_address, find_addressee
from backend.job_context import Work
from backend.mail import Enclosed


@dataclass(frozen=True)
class Delivery:
    """A mail that is due.

    account_id: None where no notice stands behind the mail, because no account is known to have the address.
    subject: what it is about, such as a reservation. address: which of the account's addresses it goes to.
    facts: what its notice says. kept: whether it cannot be turned off.
    """

    id: UUID
    account_id: UUID | None
    event: str
    subject: UUID | None
    address: AddressKind
    facts: Mapping[str, Any]
    kept: bool


@dataclass(frozen=True)
class Letter:
    """The mail of a delivery: to whom, from which template, and the values and files that no notice holds.

    key: what makes this mail unique, if that is not the delivery. unsubscribe: the link that stops such mails to a
    stranger, who has no preferences.
    """

    addressee: Addressee
    template: str
    enclosed: Enclosed | None = None
    key: str | None = None
    unsubscribe: str | None = None


LetterWriter = Callable[[Work, Delivery], Awaitable[Letter | None]]
"""Writes the letter of a delivery; None if nothing is to be sent."""


async def to_confirmed_address(work: Work, delivery: Delivery) -> Letter | None:
    """Write to an account's own address, if its owner has confirmed it; otherwise it may be a stranger's."""
    if delivery.account_id is None:
        return None
    addressee = await find_addressee(work, delivery.account_id, delivery.event, necessary=delivery.kept)
    return Letter(addressee, delivery.event) if addressee is not None and addressee.verified else None


async def to_every_address(work: Work, delivery: Delivery) -> Letter | None:
    """Write to the address that the delivery names, confirmed or not, also if the account is suspended.

    For what somebody's safety depends on: a recall. Each address has a delivery of its own, so that one that does not
    answer delays no other.
    """
    if delivery.account_id is None:
        return None
    addressee = (await every_address(work, delivery.account_id, delivery.event)).get(delivery.address)
    return Letter(addressee, delivery.event) if addressee is not None else None
