"""Charges: the attempts to pay a PaymentIntent that Stripe made, with their fees."""

from dataclasses import dataclass
from datetime import datetime

import stripe

from backend.stripe.balances import BalanceTransaction, line_of
from backend.stripe.calls import StripeCalls, id_of, moment_of


@dataclass(frozen=True, slots=True)
class Charge:
    """A charge, in euro cents.

    line: its balance transaction, which says the fee and when the money is available. It is None until Stripe has
    settled the charge, of which `charge.updated` tells: mostly at once, at times an hour later. disputed: whether its
    payer's bank ever asked for it back.
    """

    id: str
    intent_id: str | None
    cents: int
    refunded_cents: int
    paid: bool
    disputed: bool
    line: BalanceTransaction | None
    created_at: datetime


class Charges(StripeCalls):
    """The calls about charges."""

    async def retrieve_charge(self, id: str) -> Charge:
        """Return a charge as it is now, with its fee if that is known."""
        async with self._asking("retrieve a charge", id):
            return _charge(await self._v1.charges.retrieve_async(id, {"expand": ["balance_transaction"]}))


def _charge(charge: stripe.Charge) -> Charge:
    line = charge.balance_transaction
    return Charge(
        charge.id,
        id_of(charge.payment_intent),
        charge.amount,
        charge.amount_refunded,
        charge.paid,
        charge.disputed,
        line_of(line) if isinstance(line, stripe.BalanceTransaction) else None,
        moment_of(charge.created),
    )
