"""Code shared by the three requests that make a reservation: reserving, taking a kept offer, suspending portions."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Request

from backend.http.idempotency import IdempotencyInProgress, IdempotencyKeyMissing, IdempotencyMismatch
from backend.http.rate_limits import limited
from backend.identity.callers import caller
from backend.lots.problems import LotClosed, LotNotFound
from backend.payments.problems import PaymentBelowMinimum
from backend.problems.common import NotAllowed
from backend.problems.problem import Problem
from backend.reservations.problems import LotChanged, ReservationOver
from backend.stripe.client import Stripe
from backend.stripe.problems import PaymentUnavailable

# One person at a screen needs far less; a script that holds a shop's whole stock needs more.
RESERVATIONS = "300/minute"
LIMIT = "reservations"
"""The name of that limit, which counts the three kinds of requests together, by account."""
LIMITED = limited(LIMIT, RESERVATIONS, by=caller)

REFUSALS: tuple[type[Problem], ...] = (
    NotAllowed,
    LotNotFound,
    LotClosed,
    LotChanged,
    ReservationOver,
    PaymentBelowMinimum,
    PaymentUnavailable,
    IdempotencyKeyMissing,
    IdempotencyMismatch,
    IdempotencyInProgress,
)


async def stripe_of(request: Request) -> Stripe:
    """Return this process's Stripe client."""
    return cast(Stripe, request.app.state.stripe)


StripeDep = Annotated[Stripe, Depends(stripe_of)]


def id_in(text: str, unknown: type[Problem]) -> UUID:
    """Return the id in a path. Raises `unknown` for a malformed one, as for an id that does not exist."""
    try:
        return UUID(text)
    except ValueError:
        raise unknown from None
