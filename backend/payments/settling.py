"""Commit what Stripe says about a payment."""

import json
from collections.abc import Iterable

from backend.job_context import Work
from backend.payments.models import Payment
from backend.stripe.intents import Intent
from backend.stripe.refunds import Refund

NEVER_REFUNDED = ("intended", "pending", "cancel_due", "cancelled")


async def settle(work: Work, payment: Payment, intent: Intent) -> str | None:
    """Apply what Stripe says about an intent; return the payment's status after it, None if it is in the books."""
    # What we know as paid may have had a refund that failed, of which the intent itself tells nothing any more.
    asks = intent.refunded_cents > 0 or (intent.status == "succeeded" and payment.status not in NEVER_REFUNDED)
    refunds = await work.stripe.refunds_of(intent.id) if asks else []
    status: str | None = await work.acts.value(
        "settle_payment",
        payment=payment.id,
        intent=intent.id,
        intent_status=intent.status,
        received_cents=intent.amount_received_cents,
        paid_at=intent.paid_at,
        refunded=intent.refunded_cents,
        refund=latest(refunds),
        refunds=as_json(refunds),
    )
    return status


async def settle_unpaid(work: Work, payment: Payment) -> None:
    """Settle a payment for which Stripe has nothing that anybody could still pay."""
    await work.acts.value(
        "settle_payment",
        payment=payment.id,
        intent=None,
        intent_status="canceled",
        received_cents=0,
        paid_at=None,
        refunded=0,
        refund=None,
        refunds="[]",
    )


def latest(refunds: Iterable[Refund]) -> str | None:
    """Return the id of the last refund that has not failed. refunds: the newest first."""
    return next((one.id for one in refunds if one.stands), None)


def as_json(refunds: Iterable[Refund]) -> str:
    """Return refunds as the acts take them."""
    return json.dumps(
        [{"id": one.id, "cents": one.cents, "stands": one.stands, "at": one.created_at.isoformat()} for one in refunds]
    )
