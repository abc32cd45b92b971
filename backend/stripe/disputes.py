"""Disputes: a payer's bank asks for a payment back. Stripe takes it and a fee from our balance at once."""

from dataclasses import dataclass
from datetime import datetime

import stripe

from backend.stripe.balances import BalanceTransaction, line_of
from backend.stripe.calls import StripeCalls, id_of, moment_of, part_of, since


@dataclass(frozen=True, slots=True)
class Dispute:
    """A dispute, in euro cents.

    status: `needs_response`, `under_review`, `won`, `lost`, `warning_…` (a question before a dispute; no money moves)
    and others. lines: what it took from our balance (negative, with the fee) and gave back. Money may come back after
    it was `lost`. evidence_due_at: until when a person can answer in Stripe's dashboard.
    """

    id: str
    charge_id: str
    intent_id: str | None
    cents: int
    status: str
    reason: str
    evidence_due_at: datetime | None
    lines: tuple[BalanceTransaction, ...]
    created_at: datetime

    @property
    def net_cents(self) -> int:
        """The change of our balance by the dispute so far, fees included: negative, or 0 if all came back."""
        return sum(line.net_cents for line in self.lines)


class Disputes(StripeCalls):
    """The calls about disputes."""

    async def retrieve_dispute(self, id: str) -> Dispute:
        """Return a dispute as it is now."""
        async with self._asking("retrieve a dispute", id):
            return _dispute(await self._v1.disputes.retrieve_async(id))

    async def disputes_since(self, moment: datetime) -> list[Dispute]:
        """Return the disputes opened since a moment (timezone-aware), the newest first."""
        async with self._asking("list disputes"):
            page = await self._v1.disputes.list_async({"created": {"gte": since(moment)}, "limit": 100})
            return [_dispute(one) async for one in page.auto_paging_iter()]


def _dispute(dispute: stripe.Dispute) -> Dispute:
    due_by = part_of(dispute, "evidence_details", "due_by")
    return Dispute(
        dispute.id,
        id_of(dispute.charge) or "",
        id_of(dispute.payment_intent),
        dispute.amount,
        dispute.status,
        dispute.reason,
        moment_of(due_by) if due_by is not None else None,
        tuple(line_of(line) for line in dispute.balance_transactions),
        moment_of(dispute.created),
    )
