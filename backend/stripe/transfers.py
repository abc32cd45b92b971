"""Transfers from our balance to the connected account of a shop, and their reversals."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import stripe
from stripe.params import TransferCreateParams

from backend.stripe.calls import StripeCalls, id_of, moment_of, our_id


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer to a connected account. Amounts in euro cents.

    group: what it was found by. source_charge: the charge whose money it is, if it waits for that charge.
    payment: the incoming payment at the connected account. transfer_id: ours, from its metadata.
    """

    id: str
    cents: int
    reversed_cents: int
    account: str
    group: str | None
    source_charge: str | None
    payment: str | None
    balance_transaction: str | None
    transfer_id: UUID | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Reversal:
    """Money of a transfer that came back to us. reversal_id: ours, from its metadata."""

    id: str
    cents: int
    transfer: str
    balance_transaction: str | None
    reversal_id: UUID | None
    created_at: datetime


class Transfers(StripeCalls):
    """The calls about transfers and reversals.

    A key repeats its first answer for a day, also that the balance did not suffice. So use the next `attempt` after a
    PaymentRefused that is `certain`, and no other time. After PaymentUnavailable, or a day, look first whether the
    transfer exists: `find_transfers`, `reversals_of`.
    """

    async def create_transfer(
        self,
        transfer_id: UUID,
        attempt: int,
        *,
        account: str,
        cents: int,
        group: str | None = None,
        source_charge: str | None = None,
    ) -> Transfer:
        """Transfer euro cents to an account, once for each attempt.

        group: by which `find_transfers` finds it; by default our transfer's id. source_charge: take the money of this
        charge, at most its amount, as soon as it is available. Without it, our available balance must suffice: if it
        does not, PaymentRefused says `lacks_funds`.
        """
        wanted: TransferCreateParams = {
            "amount": cents,
            "currency": "eur",
            "destination": account,
            "transfer_group": group or str(transfer_id),
            "metadata": {"transfer_id": str(transfer_id)},
        }
        if source_charge is not None:
            wanted["source_transaction"] = source_charge
        async with self._asking("create a transfer", transfer_id):
            key = f"tr-{transfer_id}-{attempt}"
            return _transfer(await self._v1.transfers.create_async(wanted, {"idempotency_key": key}))

    async def find_transfers(self, group: str | UUID) -> list[Transfer]:
        """Return the transfers of a group, the oldest first. A group is usually one transfer of ours, by its id."""
        async with self._asking("list transfers", str(group)):
            page = await self._v1.transfers.list_async({"transfer_group": str(group), "limit": 100})
            found = [_transfer(one) async for one in page.auto_paging_iter()]
        return found[::-1]

    async def retrieve_transfer(self, id: str) -> Transfer:
        """Return a transfer as it is now, with what was reversed of it."""
        async with self._asking("retrieve a transfer", id):
            return _transfer(await self._v1.transfers.retrieve_async(id))

    async def reverse_transfer(self, transfer: str, reversal_id: UUID, attempt: int, cents: int) -> Reversal:
        """Take euro cents of a transfer back, once for each attempt.

        The balance of the connected account must suffice: if it does not, PaymentRefused says `lacks_funds`.
        """
        async with self._asking("reverse a transfer", reversal_id):
            made = await self._v1.transfers.reversals.create_async(
                transfer,
                {"amount": cents, "metadata": {"reversal_id": str(reversal_id)}},
                {"idempotency_key": f"trr-{reversal_id}-{attempt}"},
            )
            return _reversal(made)

    async def reversals_of(self, transfer: str) -> list[Reversal]:
        """Return all reversals of a transfer, the oldest first."""
        async with self._asking("list reversals", transfer):
            page = await self._v1.transfers.reversals.list_async(transfer, {"limit": 100})
            found = [_reversal(one) async for one in page.auto_paging_iter()]
        return found[::-1]


def _transfer(made: stripe.Transfer) -> Transfer:
    return Transfer(
        made.id,
        made.amount,
        made.amount_reversed,
        id_of(made.destination) or "",
        made.transfer_group,
        id_of(made.source_transaction),
        id_of(made.destination_payment),
        id_of(made.balance_transaction),
        our_id(made.metadata, "transfer_id"),
        moment_of(made.created),
    )


def _reversal(made: stripe.TransferReversal) -> Reversal:
    return Reversal(
        made.id,
        made.amount,
        id_of(made.transfer) or "",
        id_of(made.balance_transaction),
        our_id(made.metadata, "reversal_id"),
        moment_of(made.created),
    )
