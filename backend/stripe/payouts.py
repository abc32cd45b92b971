"""Payouts from a balance at Stripe to a bank account."""

from dataclasses import dataclass
from datetime import datetime

import stripe

from backend.stripe.calls import StripeCalls, id_of, moment_of, since


@dataclass(frozen=True, slots=True)
class Payout:
    """A payout, in euro cents.

    status: `pending`, `in_transit`, `paid`, `failed` (also after it was `paid`) or `canceled`; what failed is back in
    the balance, by `failure_transaction`. reconciliation: `completed` once its lines can be listed, `not_applicable`
    if it was not automatic. arrives_at: when the bank should have it.
    """

    id: str
    cents: int
    status: str
    automatic: bool
    reconciliation: str
    failure_code: str | None
    balance_transaction: str | None
    failure_transaction: str | None
    created_at: datetime
    arrives_at: datetime


class Payouts(StripeCalls):
    """The calls about payouts. `account`: a connected account; None means our own."""

    async def payouts_since(self, moment: datetime, account: str | None = None) -> list[Payout]:
        """Return the payouts created since a moment (timezone-aware), the newest first."""
        async with self._asking("list payouts", account):
            page = await self._v1.payouts.list_async(
                {"created": {"gte": since(moment)}, "limit": 100}, {"stripe_account": account}
            )
            return [_payout(one) async for one in page.auto_paging_iter()]

    async def retrieve_payout(self, id: str, account: str | None = None) -> Payout:
        """Return a payout as it is now."""
        async with self._asking("retrieve a payout", id):
            return _payout(await self._v1.payouts.retrieve_async(id, {}, {"stripe_account": account}))


def _payout(made: stripe.Payout) -> Payout:
    return Payout(
        made.id,
        made.amount,
        made.status,
        made.automatic,
        made.reconciliation_status,
        made.failure_code,
        id_of(made.balance_transaction),
        id_of(made.failure_balance_transaction),
        moment_of(made.created),
        moment_of(made.arrival_date),
    )
