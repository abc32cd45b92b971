"""Balances at Stripe, ours and those of connected accounts, and every line that changed them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

import stripe
from stripe.params import BalanceTransactionListParams, BalanceTransactionRetrieveParams

from backend.stripe.calls import StripeCalls, id_of, moment_of, since

PAGE = 100  # Stripe's largest


@dataclass(frozen=True, slots=True)
class Balance:
    """A balance in euro cents. Both parts can be negative. Their sum is the sum of all balance transactions' `net`."""

    available_cents: int
    pending_cents: int


@dataclass(frozen=True, slots=True)
class BalanceTransaction:
    """One change of a balance, in euro cents: `net_cents` = `cents` - `fee_cents`. What left the balance is negative.

    category: Stripe's reporting category: `charge`, `refund`, `refund_failure`, `transfer`, `transfer_reversal`,
    `payout`, `payout_reversal`, `dispute`, `dispute_reversal`, `fee`, `topup` and others. source: the id of the charge,
    refund, transfer, reversal, payout or dispute. intent: the PaymentIntent of a charge, refund or dispute, but not
    in the lines of payouts, charges and disputes. available_at: when it counts as available.
    """

    id: str
    cents: int
    fee_cents: int
    net_cents: int
    category: str
    type: str
    source: str | None
    intent: str | None
    created_at: datetime
    available_at: datetime


@dataclass(frozen=True, slots=True)
class BalancePage:
    """Balance transactions, the newest first. next: give it as `after` to get the page behind; None after the last."""

    lines: tuple[BalanceTransaction, ...]
    next: str | None


class Balances(StripeCalls):
    """The calls about balances. `account`: a connected account; None means our own."""

    async def balance(self, account: str | None = None) -> Balance:
        """Return the balance as it is now. Only euros count."""
        async with self._asking("retrieve a balance", account):
            found = await self._v1.balance.retrieve_async({}, {"stripe_account": account})
            return Balance(
                sum(part.amount for part in found.available if part.currency == "eur"),
                sum(part.amount for part in found.pending if part.currency == "eur"),
            )

    async def balance_transactions(
        self, created_since: datetime, *, after: str | None = None, account: str | None = None
    ) -> BalancePage:
        """Return one page of at most 100 balance transactions created since a moment (timezone-aware)."""
        wanted: BalanceTransactionListParams = {
            "created": {"gte": since(created_since)},
            "limit": PAGE,
            "expand": ["data.source"],
        }
        if after is not None:
            wanted["starting_after"] = after
        async with self._asking("list balance transactions", account):
            page = await self._v1.balance_transactions.list_async(wanted, {"stripe_account": account})
            lines = tuple(line_of(one) for one in page.data)
            return BalancePage(lines, lines[-1].id if page.has_more else None)

    async def every_balance_transaction(
        self, created_since: datetime, *, account: str | None = None
    ) -> AsyncIterator[BalanceTransaction]:
        """Yield all balance transactions created since a moment, the newest first. Each page has a time limit."""
        after: str | None = None
        while True:
            page = await self.balance_transactions(created_since, after=after, account=account)
            for line in page.lines:
                yield line
            if page.next is None:
                return
            after = page.next

    async def retrieve_balance_transaction(self, id: str, account: str | None = None) -> BalanceTransaction:
        """Return one balance transaction."""
        wanted: BalanceTransactionRetrieveParams = {"expand": ["source"]}
        async with self._asking("retrieve a balance transaction", id):
            return line_of(await self._v1.balance_transactions.retrieve_async(id, wanted, {"stripe_account": account}))

    async def payout_lines(self, payout: str, account: str | None = None) -> list[BalanceTransaction]:
        """Return what an automatic payout paid, the newest first, without the payout's own line.

        Stripe knows that only for automatic payouts, once their `reconciliation` is `completed`.
        """
        async with self._asking("list the lines of a payout", payout):
            page = await self._v1.balance_transactions.list_async(
                {"payout": payout, "limit": PAGE}, {"stripe_account": account}
            )
            lines = [line_of(one) async for one in page.auto_paging_iter()]
        return [line for line in lines if line.source != payout]


def line_of(line: stripe.BalanceTransaction) -> BalanceTransaction:
    """Return one of Stripe's balance transactions as ours."""
    return BalanceTransaction(
        line.id,
        line.amount,
        line.fee,
        line.net,
        line.reporting_category,
        line.type,
        id_of(line.source),
        id_of(getattr(line.source, "payment_intent", None)),
        moment_of(line.created),
        moment_of(line.available_on),
    )
