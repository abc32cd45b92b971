"""Paying a hold on Stripe's page, instead of by the PaymentIntent that was made with the hold.

A hold has one thing at Stripe that can be paid. So the intent is cancelled before the page is made, and the page is
expired when the hold ends: Stripe keeps it for at least 30 minutes, a hold lasts ten. Who pays in between is refunded.
"""

from datetime import datetime, timedelta
from uuid import UUID

import structlog

from backend.database.acts import Acts
from backend.job_context import Work
from backend.payments.models import Payment
from backend.payments.problems import PaymentNotDue, PaymentUnderWay
from backend.payments.settling import settle, settle_unpaid
from backend.problems.texts import Language
from backend.settings import settings
from backend.stripe.client import Checkout, PaymentRefused, Stripe
from backend.stripe.problems import PaymentUnavailable

LEAST_LASTING = timedelta(minutes=31)  # Stripe asks for 30 from the moment at which it makes the page
NAMES: dict[Language, str] = {"fr": "Réservation EcoPanier", "en": "EcoPanier reservation"}

log = structlog.get_logger("ecopanier.payments")


async def begin_checkout(acts: Acts, stripe: Stripe, holder: UUID, reservation_id: UUID, language: Language) -> str:
    """Return the address of the page on which a hold is paid; the same one each time.

    Raises PaymentUnavailable; PaymentUnderWay if the hold is being paid already. The database raises
    ReservationNotFound, PaymentNotDue.
    """
    begun = await acts.row("begin_checkout", caller=holder, reservation=reservation_id)
    payment_id: UUID = begun["payment_id"]
    try:
        if begun["session"] is not None:
            checkout = await stripe.retrieve_checkout(begun["session"])
        else:
            intent_id = begun["intent"]
            if intent_id is None:
                made = await stripe.create_payment_intent(payment_id, reservation_id, begun["amount_cents"])
                intent_id = made.id
            if (await stripe.cancel_payment_intent(intent_id, payment_id)).status != "canceled":
                raise PaymentUnderWay
            checkout = await _created(
                stripe, payment_id, reservation_id, begun["amount_cents"], begun["ends_at"], language
            )
            if not await acts.value("checkout_opened", payment=payment_id, session=checkout.id):
                raise PaymentNotDue
    except PaymentRefused as refusal:
        log.error("payment.refused", code=refusal.code, status=refusal.status)
        raise PaymentUnavailable from refusal
    if checkout.status == "complete":
        raise PaymentUnderWay
    if checkout.url is None or checkout.status != "open":
        raise PaymentNotDue
    return checkout.url


async def carry_checkout_forward(work: Work, payment: Payment) -> str | None:
    """Look at the page of a payment, and close it if its hold is over; return the payment's status if it was settled.

    Raises PaymentUnavailable, PaymentRefused.
    """
    ending = payment.status == "cancel_due"
    session_id = payment.checkout_session
    if session_id is None:
        intent_id = payment.stripe_payment_intent
        if intent_id is not None:
            intent = await (
                work.stripe.cancel_payment_intent(intent_id, payment.id)
                if ending
                else work.stripe.retrieve_payment_intent(intent_id)
            )
            if intent.status in ("succeeded", "processing"):
                return await settle(work, payment, intent)
        if not ending:
            return None  # the holder's next try goes on from here
        session_id = await _made_for(work, payment)
        if session_id is None:
            return await _closed(work, payment)

    checkout = await (
        work.stripe.expire_checkout(session_id, payment.id) if ending else work.stripe.retrieve_checkout(session_id)
    )
    if checkout.intent_id is not None:
        intent = await work.stripe.retrieve_payment_intent(checkout.intent_id)
        if intent.status in ("succeeded", "processing"):
            return await settle(work, payment, intent)
    return await _closed(work, payment) if checkout.status == "expired" else None


async def _made_for(work: Work, payment: Payment) -> str | None:
    """Return the page of a payment for which we have none noted; None if Stripe has none either.

    Stripe may have made it although its answer was lost: the same key returns the same page. A page that it did not
    make then is too late by now, which it refuses.
    """
    if payment.checkout_ends_at is None:
        return None
    try:
        made = await _created(
            work.stripe, payment.id, payment.reservation_id, payment.amount_cents, payment.checkout_ends_at, "fr"
        )
    except PaymentRefused:
        return None
    await work.acts.value("checkout_opened", payment=payment.id, session=made.id)
    return made.id


async def _closed(work: Work, payment: Payment) -> str | None:
    await work.acts.value("checkout_closed", payment=payment.id)
    await settle_unpaid(work, payment)
    return None


async def _created(
    stripe: Stripe,
    payment_id: UUID,
    reservation_id: UUID,
    amount_cents: int,
    ends_at: datetime,
    language: Language,
) -> Checkout:
    return await stripe.create_checkout(
        payment_id,
        reservation_id,
        amount_cents,
        name=NAMES[language],
        back=f"{settings().public_url}/reservations/{reservation_id}",
        expires_at=ends_at + LEAST_LASTING,
        language=language,
    )
