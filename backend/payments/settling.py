"""Commit what Stripe says about a payment."""

from uuid import UUID

from backend.job_context import Work
from backend.stripe.client import Intent


async def settle(work: Work, payment_id: UUID, intent: Intent) -> str | None:
    """Apply what Stripe says about an intent; return the payment's status after it, None if it is in the books."""
    refund = await work.stripe.latest_refund(intent.id) if intent.refunded_cents > 0 else None
    status: str | None = await work.acts.value(
        "settle_payment",
        payment=payment_id,
        intent=intent.id,
        intent_status=intent.status,
        received_cents=intent.amount_received_cents,
        paid_at=intent.paid_at,
        refunded=intent.refunded_cents,
        refund=refund,
    )
    return status


async def settle_unpaid(work: Work, payment_id: UUID) -> None:
    """Settle a payment for which Stripe has nothing that anybody could still pay."""
    await work.acts.value(
        "settle_payment",
        payment=payment_id,
        intent=None,
        intent_status="canceled",
        received_cents=0,
        paid_at=None,
        refunded=0,
        refund=None,
    )
