"""Jobs that carry payments forward after a commit: look at Stripe, and do what is due until it is done.

Every job may run twice, late, or beside another. Each asks Stripe for the present state and commits it through an act
that holds the row's lock. `reconcile` finds `intended`, `pending`, `cancel_due` and `refund_due` payments that nobody
has looked at for a while, whatever died in between. `look_for_refunds` finds refunds that a person made in Stripe's
dashboard, and refunds that failed, of which no event reached us.

Some payments are in the books already, where nothing changes. A correction beside them says what Stripe says since.
"""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlmodel import col

from backend.job_context import Work
from backend.payments.checkout import carry_checkout_forward
from backend.payments.models import Payment
from backend.payments.settling import as_json, latest, settle, settle_unpaid
from backend.stripe.client import PaymentRefused
from backend.stripe.problems import PaymentUnavailable

LEFT_ALONE = timedelta(seconds=20)
SURELY_FOUND_AFTER = timedelta(minutes=5)  # Stripe's search is seconds behind, a minute at times
AT_ONCE = 20
BEGIN_ROUNDS_FOR_SECONDS = 10.0
REFUNDS_LOOKED_FOR = timedelta(days=2)  # longer than a worker is down
# A refund can fail weeks after it was made, so its failure is looked for by the event; Stripe lists those of 30 days.
FAILURES_LOOKED_FOR = timedelta(days=29)
REFUND_FAILED = "refund.failed"

log = structlog.get_logger("ecopanier.payments")


async def look_at_intent(work: Work, intent: str) -> None:
    """Fetch the PaymentIntent of an event, and settle its payment or correct the books. Raises PaymentUnavailable."""
    found = await work.stripe.retrieve_payment_intent(intent)
    async with work.session() as session:
        payment = await session.scalar(select(Payment).where(col(Payment.stripe_payment_intent) == intent))
        if payment is None and found.payment_id is not None:
            # Stripe makes another intent for its page, of which only the intent itself tells us.
            by_page = select(Payment).where(col(Payment.id) == found.payment_id, col(Payment.checkout).is_not(None))
            payment = await session.scalar(by_page)
    # None also if the payment was moved to the books since we read it.
    status = await settle(work, payment, found) if payment is not None else None
    if payment is not None and status is not None:
        if payment.status == "refunded" and status != "refunded":
            log.error("payment.refund_failed", payment_id=str(payment.id), status=status)
    elif found.status == "succeeded":
        # If it is in no book either, the event came before we committed the intent's id. `reconcile` will find the
        # intent by the payment.
        refunds = await work.stripe.refunds_of(intent)
        booked = await work.acts.row(
            "correct_books",
            intent=intent,
            refunded=found.refunded_cents,
            refund=latest(refunds),
            received_cents=found.amount_received_cents,
            paid_at=found.paid_at,
            refunds=as_json(refunds),
        )
        if booked["fell"]:
            log.error("payment.refund_failed", payment_id=str(booked["payment"]), status="booked")


async def look_for_refunds(work: Work) -> int:
    """Look at the payments of which Stripe refunded more than we know, or a refund failed; return how many there were.

    Raises PaymentUnavailable.
    """
    now = datetime.now(UTC)
    refunded = await work.stripe.refunds_since(now - REFUNDS_LOOKED_FOR)
    behind = await work.acts.rows("refunds_behind", intents=list(refunded), cents=list(refunded.values()))
    for row in behind:
        await look_at_intent(work, row[0])
    failures = await work.stripe.events_since(now - FAILURES_LOOKED_FOR, REFUND_FAILED)
    missed: int = await work.acts.value(
        "store_missed_events", event_type=REFUND_FAILED, events=list(failures), intents=list(failures.values())
    )
    return len(behind) + missed


async def carry_forward(work: Work, payment_id: UUID) -> None:
    """Carry one payment forward until it is final. Raises PaymentUnavailable if Stripe cannot be reached.

    What Stripe refuses is counted and logged. `reconcile` tries again after growing pauses, and in the end gives up.
    """
    try:
        await _carry_forward(work, payment_id)
    except PaymentRefused as refusal:
        again = await work.acts.value("payment_refused", payment=payment_id, certain=refusal.certain)
        event = "payment.refused" if again else "payment.given_up"
        log.error(event, payment_id=str(payment_id), code=refusal.code, status=refusal.status)


async def _carry_forward(work: Work, payment_id: UUID) -> None:
    async with work.session() as session:
        payment = await session.get(Payment, payment_id)
    if payment is None:
        return
    if payment.status == "refund_due" and payment.stripe_payment_intent is not None:
        await _refund(work, payment, payment.stripe_payment_intent)
        return
    if payment.status not in ("intended", "pending", "cancel_due"):
        return
    if payment.checkout in ("wanted", "open"):
        if await carry_checkout_forward(work, payment) == "refund_due":
            await _carry_forward(work, payment_id)
        return
    intent_id = payment.stripe_payment_intent
    if intent_id is None:
        intent_id = await _intent_made_for(work, payment)
    if intent_id is None:
        await settle_unpaid(work, payment)
        return
    if payment.status == "cancel_due":
        intent = await work.stripe.cancel_payment_intent(intent_id, payment.id)
    else:
        intent = await work.stripe.retrieve_payment_intent(intent_id)
    if await settle(work, payment, intent) == "refund_due":
        await _carry_forward(work, payment_id)


async def reconcile(work: Work) -> int:
    """Carry forward the payments that nobody has looked at for a while, and return how many there were.

    A payment that Stripe refuses does not stop the others. If Stripe cannot be reached or is slow, the rest waits for
    the next run.
    """
    looked_at, until = 0, time.monotonic() + BEGIN_ROUNDS_FOR_SECONDS
    while time.monotonic() < until:
        rows = await work.acts.rows("open_payments", older_than=LEFT_ALONE, most=AT_ONCE)
        looked_at += len(rows)
        if not any(await asyncio.gather(*(_reached(work, row["id"]) for row in rows))):
            break
    return looked_at


async def _reached(work: Work, payment_id: UUID) -> bool:
    """Carry one payment forward and return whether Stripe answered."""
    try:
        await carry_forward(work, payment_id)
    except PaymentUnavailable:
        log.warning("payment.unavailable", payment_id=str(payment_id))
        return False
    return True


async def _intent_made_for(work: Work, payment: Payment) -> str | None:
    """Return the id of the intent of a payment for which we have none; None if Stripe surely has none either.

    Raises PaymentUnavailable, PaymentRefused.
    """
    try:
        # Stripe may have made it although its answer was lost. The same key returns the same intent, never another.
        made = await work.stripe.create_payment_intent(payment.id, payment.reservation_id, payment.amount_cents)
        return made.id
    except (PaymentUnavailable, PaymentRefused):
        # Stripe repeats its first answer to a key for a day, even a 500, whether it had made the intent or not. And it
        # may refuse now what it made before.
        if found := await work.stripe.find_payment_intent(payment.id):
            return found.id
        if payment.status == "cancel_due" and datetime.now(UTC) - payment.created_at > SURELY_FOUND_AFTER:
            return None
        raise


async def _refund(work: Work, payment: Payment, intent_id: str) -> None:
    """Refund what is due and was not refunded yet. What a person refunded in Stripe's dashboard counts towards it,
    and what the payer has by a lost dispute: Stripe refuses to refund that.
    """
    intent = await work.stripe.retrieve_payment_intent(intent_id)
    # By default the amount that was received, because a wrong amount is one of the reasons for a refund.
    due_cents = payment.refund_cents if payment.refund_cents is not None else intent.amount_received_cents
    refund = None
    if due_cents > intent.refunded_cents and intent.disputed:
        counted = await work.acts.row(
            "refund_by_dispute",
            payment=payment.id,
            received_cents=intent.amount_received_cents,
            paid_at=intent.paid_at,
            refunded=intent.refunded_cents,
            refunds=as_json(await work.stripe.refunds_of(intent_id)),
        )
        if counted["status"] != "refund_due":
            return
        due_cents -= counted["disputed_cents"]
    if due_cents > intent.refunded_cents:
        refund = await work.stripe.refund_payment_intent(intent_id, payment.id, due_cents, payment.refund_attempt)
    refunds = await work.stripe.refunds_of(intent_id)
    await work.acts.value(
        "payment_refunded",
        payment=payment.id,
        refund=refund or latest(refunds),
        refunded=max(due_cents, intent.refunded_cents),
        received_cents=intent.amount_received_cents,
        paid_at=intent.paid_at,
        refunds=as_json(refunds),
    )
