"""Reservations that may have to be paid: from the hold to the answer, which is the same for the same Idempotency-Key.

The act confirms a free portion at once. It holds a discounted one; after the commit Stripe is told, outside of any
transaction, and what Stripe answers is committed. Whatever dies in between, a repeated request or the reconciling job
goes on from there.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import structlog
from pydantic_core import to_json
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from backend.database.acts import Acts
from backend.database.sessions import Database
from backend.http.idempotency import IdempotencyInProgress, Once
from backend.reservations.passes import new_code
from backend.stripe.client import PaymentRefused, Stripe
from backend.stripe.problems import PaymentUnavailable

IN_PROGRESS_SECONDS = 10.0
PAUSE_SECONDS = 0.05

T = TypeVar("T")

log = structlog.get_logger("ecopanier.reservations")


async def reserve(acts: Acts, stripe: Stripe, once: Once, holder: UUID, lot_id: UUID, portions: int) -> tuple[int, str]:
    """Reserve portions in one statement, and return the status and the JSON of the answer.

    Raises asyncpg errors that carry problems, PaymentUnavailable.
    """
    code = new_code()
    made = await after_the_first(
        lambda: acts.row(
            "reserve",
            caller=holder,
            lot=lot_id,
            portions=portions,
            idempotency_key=once.key,
            request_hash=once.request_hash,
            pass_code=code,
        )
    )
    if made["status"] is None:
        return 201, await ask_for_payment(acts, stripe, once, holder, dict(made))
    if made["payment_id"] is None:
        return made["status"], with_fields(made["body"], payment=None)
    return made["status"], once.opened(made["body"])


async def answer_once(
    database: Database,
    stripe: Stripe,
    once: Once,
    holder: UUID,
    make: Callable[[AsyncSession], Awaitable[Any]],
    **fields: Any,
) -> Response:
    """Make a reservation in a session of its holder and answer with it, or with the answer of the first time.

    make: calls the act with `begun=once.begun` and returns its row. fields: what the answer holds besides the
    reservation and how to pay. Raises database errors that carry problems, PaymentUnavailable.
    """

    async def begin() -> Response | dict[str, Any]:
        async with database.session(holder) as session, session.begin():
            if (answered := await once.claim(session)) is not None:
                return answered
            made: dict[str, Any] = (await make(session))._asdict()
            await once.hold(session, made["reservation_id"])
            if made["payment_id"] is not None:
                return made
            return await once.keep_json(session, with_fields(made["body"], payment=None, **fields), 201)

    begun = await after_the_first(begin)
    if isinstance(begun, Response):
        return begun
    body = await ask_for_payment(database.acts, stripe, once, holder, begun, **fields)
    return Response(body, 201, media_type="application/json")


async def after_the_first(attempt: Callable[[], Awaitable[T]]) -> T:
    """Return what an attempt returns.

    While the first request with the same key is talking to Stripe, wait for its answer, for at most 10 seconds.
    """
    waited = 0.0
    while True:
        try:
            return await attempt()
        except (asyncpg.PostgresError, DBAPIError) as refusal:
            if IdempotencyInProgress.code not in str(refusal) or waited >= IN_PROGRESS_SECONDS:
                raise
        await asyncio.sleep(PAUSE_SECONDS)
        waited += PAUSE_SECONDS


async def ask_for_payment(
    acts: Acts, stripe: Stripe, once: Once, holder: UUID, held: dict[str, Any], **fields: Any
) -> str:
    """Tell Stripe of a hold's payment, keep the answer, and return its JSON.

    held: what the act returned (`reservation_id`, `payment_id`, `amount_cents`, `body`). Raises PaymentUnavailable.
    """
    payment_id: UUID = held["payment_id"]
    try:
        intent = await stripe.create_payment_intent(payment_id, held["reservation_id"], held["amount_cents"])
    except PaymentUnavailable:
        await acts.value("payment_not_opened", holder=holder, idempotency_key=once.key)
        raise
    except PaymentRefused as refusal:
        log.error("payment.refused", code=refusal.code, status=refusal.status)
        await acts.value("payment_not_opened", holder=holder, idempotency_key=once.key)
        raise PaymentUnavailable from refusal
    to_make = {"client_secret": intent.client_secret, "payment_intent": intent.id}
    kept: str = await acts.value(
        "payment_opened",
        payment=payment_id,
        intent=intent.id,
        holder=holder,
        idempotency_key=once.key,
        answer=once.sealed(with_fields(held["body"], payment=to_make, **fields)),
    )
    return once.opened(kept)


def with_fields(body: str, **fields: Any) -> str:
    """Return a JSON object that the database wrote, with more fields at its end."""
    return f"{body[:-1]}, {to_json(fields).decode()[1:]}"
