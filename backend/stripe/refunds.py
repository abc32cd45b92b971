"""Refunds of payments, made by us or by a person in Stripe's dashboard."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import stripe
import structlog

from backend.stripe.calls import PaymentRefused, StripeCalls, id_of, moment_of, our_id, part_of, since

log = structlog.get_logger("backend.stripe")


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund, in euro cents.

    status: `pending` (such as for want of available balance), `succeeded`, `failed` (also after it had succeeded),
    `canceled`. balance_transaction: what it took from our balance; failure_transaction: what came back when it failed.
    payment_id: ours, from its metadata; None if a person made it in Stripe's dashboard.
    """

    id: str
    intent_id: str | None
    charge_id: str | None
    cents: int
    status: str
    balance_transaction: str | None
    failure_transaction: str | None
    payment_id: UUID | None
    created_at: datetime

    @property
    def stands(self) -> bool:
        """Whether the customer has the money, or will have it."""
        return self.status not in ("failed", "canceled")


class Refunds(StripeCalls):
    """The calls about refunds."""

    async def refund_payment_intent(self, id: str, payment_id: UUID, due_cents: int, attempt: int = 1) -> str:
        """Refund, once, what is missing of the cents that are due in all; return the id of this or an earlier refund.

        Stripe repeats a refusal to an attempt for a day, so use the next one after a PaymentRefused that is `certain`.

        What was refunded already counts, whoever refunded it, unless it failed. Also raises PaymentRefused if a refund
        of ours was made but failed later (such as to a closed card): a person must act.
        """
        # Stripe forgets idempotency keys after a day, so look for earlier refunds first.
        refunds = await self._refunds_of(id)
        standing = [one for one in refunds if _stands(one)]
        ours = [one for one in refunds if our_id(one.metadata, "payment_id") == payment_id]
        missing_cents = due_cents - sum(one.amount for one in standing)
        if standing and missing_cents <= 0:
            return next((one for one in standing if one in ours), standing[0]).id
        if failed := [one for one in ours if not _stands(one)]:
            log.error("refund.failed", refund=failed[0].id, payment_id=str(payment_id))
            raise PaymentRefused("complete a refund", 200, "refund_failed", None)
        again = f"-{attempt}" if attempt > 1 else ""
        try:
            async with self._asking("refund a payment intent", payment_id):
                refund = await self._v1.refunds.create_async(
                    {"payment_intent": id, "amount": missing_cents, "metadata": {"payment_id": str(payment_id)}},
                    # With the amount and the number of refunds before: after another refund, or the failure of one,
                    # something else is missing. Stripe would refuse another amount with the same key for a day, and
                    # would answer the same amount with the refund that it made then.
                    {"idempotency_key": f"refund-{payment_id}-{missing_cents}-{len(refunds)}{again}"},
                )
                return refund.id
        except PaymentRefused as refusal:
            # Somebody refunded it in Stripe's dashboard.
            if refusal.code != "charge_already_refunded" or (done := await self.latest_refund(id)) is None:
                raise
            return done

    async def refunds_of(self, intent: str) -> list[Refund]:
        """Return all refunds of an intent, the newest first, whoever made them and whatever became of them."""
        return [_refund(one) for one in await self._refunds_of(intent)]

    async def retrieve_refund(self, id: str) -> Refund:
        """Return a refund as it is now."""
        async with self._asking("retrieve a refund", id):
            return _refund(await self._v1.refunds.retrieve_async(id))

    async def latest_refund(self, id: str) -> str | None:
        """Return the id of the last refund of an intent that has not failed, whoever made it."""
        return next((one.id for one in await self._refunds_of(id) if _stands(one)), None)

    async def refunds_since(self, moment: datetime) -> dict[str, int]:
        """Return the cents that were refunded since a moment (timezone-aware), by intent, whoever refunded them.

        A refund that failed counts 0, but only if it was made since then: `events_since` finds failures of older ones.
        """
        cents: dict[str, int] = defaultdict(int)
        async with self._asking("list refunds"):
            page = await self._v1.refunds.list_async({"created": {"gte": since(moment)}, "limit": 100})
            async for one in page.auto_paging_iter():
                if isinstance(one.payment_intent, str):
                    cents[one.payment_intent] += one.amount if _stands(one) else 0
        return dict(cents)

    async def _refunds_of(self, id: str) -> list[stripe.Refund]:
        """Return an intent's refunds, the newest first, whoever made them and whatever became of them."""
        async with self._asking("list refunds"):
            return list((await self._v1.refunds.list_async({"payment_intent": id, "limit": 100})).data)


def _refund(refund: stripe.Refund) -> Refund:
    return Refund(
        refund.id,
        id_of(refund.payment_intent),
        id_of(refund.charge),
        refund.amount,
        refund.status or "",
        id_of(refund.balance_transaction),
        id_of(part_of(refund, "failure_balance_transaction")),
        our_id(refund.metadata, "payment_id"),
        moment_of(refund.created),
    )


def _stands(refund: stripe.Refund) -> bool:
    return refund.status not in ("failed", "canceled")
