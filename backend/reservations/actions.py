"""Reserve, cancel, renew a pass."""

import asyncio
import json
from typing import Any
from uuid import UUID

import asyncpg
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.acts import Acts
from backend.database.sessions import call
from backend.http.idempotency import opened, sealed
from backend.reservations.passes import new_code
from backend.reservations.schemas import ReservationOut
from backend.stripe.client import PaymentRefused, Stripe
from backend.stripe.problems import PaymentUnavailable

IN_PROGRESS_SECONDS = 10.0
PAUSE_SECONDS = 0.05

log = structlog.get_logger("ecopanier.reservations")


async def answered(
    acts: Acts,
    stripe: Stripe,
    caller: UUID,
    key: str,
    fingerprint: bytes,
    act: str,
    **wanted: Any,
) -> tuple[int, bytes]:
    """Run an act that makes a reservation, and give status and JSON of the answer, the same for the same key.

    A free lot is confirmed by the one statement. A discounted one is held by it; then Stripe is told, outside of any
    transaction, and what it says is committed. Whatever dies in between, a repeated request or the reconciling job
    goes on from there. Raises asyncpg errors that carry problems, PaymentUnavailable.
    """
    made = await _claimed(acts, act, caller=caller, idempotency_key=key, request=fingerprint, **wanted)
    if made["status"] is not None:
        body = made["body"].encode() if made["payment_id"] is None else _with_payment(made["body"], fingerprint)
        return made["status"], body
    payment_id: UUID = made["payment_id"]
    try:
        intent = await stripe.create_payment_intent(payment_id, made["reservation_id"], made["amount_cents"])
    except PaymentUnavailable:
        await acts.value("payment_not_opened", holder=caller, idempotency_key=key)
        raise
    except PaymentRefused as refusal:
        log.error("payment.refused", code=refusal.code, status=refusal.status)
        await acts.value("payment_not_opened", holder=caller, idempotency_key=key)
        raise PaymentUnavailable from refusal
    to_make = json.dumps({"client_secret": intent.client_secret, "payment_intent": intent.id})
    kept = await acts.row(
        "payment_opened",
        payment=payment_id,
        intent=intent.id,
        holder=caller,
        idempotency_key=key,
        sealed_payment=sealed(to_make, fingerprint),
    )
    return kept["status"], _with_payment(kept["body"], fingerprint)


def _with_payment(body: str, fingerprint: bytes) -> bytes:
    """Write an answer as its client gets it, from the one that is kept with the payment sealed."""
    answer = json.loads(body)
    answer["payment"] = json.loads(opened(answer["payment"], fingerprint))
    return json.dumps(answer, ensure_ascii=False).encode()


async def _claimed(acts: Acts, act: str, **arguments: Any) -> asyncpg.Record:
    """Run the act; while the first request with this key is still talking to Stripe, wait for its answer."""
    waited = 0.0
    while True:
        try:
            return await acts.row(act, **arguments)
        except asyncpg.PostgresError as refusal:
            if refusal.message != "idempotency.in_progress" or waited >= IN_PROGRESS_SECONDS:
                raise
        await asyncio.sleep(PAUSE_SECONDS)
        waited += PAUSE_SECONDS


async def cancel_reservation(session: AsyncSession, reservation_id: UUID) -> ReservationOut:
    """Cancel one's reservation: portions go back, quota and money too when it is in time."""
    return ReservationOut.model_validate(await call(session, "cancel_reservation", reservation=reservation_id))


async def renew_pass(session: AsyncSession, reservation_id: UUID) -> None:
    """Replace a pass by a new one; the old QR and PIN are worth nothing from now on."""
    await call(session, "renew_pass", reservation=reservation_id, new_code=new_code())
