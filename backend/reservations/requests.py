"""What the requests that make a reservation share: reserving, taking what was kept, paying for somebody else."""

import inspect
from dataclasses import dataclass
from typing import Annotated, cast
from uuid import UUID

import limits
from fastapi import Header, Path, Request
from fastapi.responses import Response

from backend.database.acts import Acts
from backend.database.sessions import Database
from backend.http.idempotency import (
    LONGEST_KEY,
    IdempotencyInProgress,
    IdempotencyKeyMissing,
    IdempotencyMismatch,
    fingerprint,
    key_of,
)
from backend.http.rate_limits import spend
from backend.identity.callers import caller
from backend.lots.problems import LotClosed, LotNotFound
from backend.payments.problems import PaymentBelowMinimum
from backend.problems.common import NotAllowed
from backend.problems.problem import Problem
from backend.reservations import actions
from backend.reservations.problems import LotChanged, ReservationOver
from backend.stripe.client import Stripe
from backend.stripe.problems import PaymentUnavailable

# One person at a screen needs far less; a script that holds a shop's whole stock needs more.
RESERVATIONS = limits.parse("300/minute")

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


@dataclass(frozen=True, slots=True)
class Making:
    """Who makes a reservation, under which key."""

    acts: Acts
    stripe: Stripe
    account_id: UUID
    key: str
    fingerprint: bytes

    async def outcome(self, act: str, **wanted: object) -> tuple[int, bytes]:
        """Run the act and give status and JSON of the answer, as `actions.answered` says."""
        return await actions.answered(
            self.acts, self.stripe, self.account_id, self.key, self.fingerprint, act, **wanted
        )

    async def answer(self, act: str, **wanted: object) -> Response:
        """Run the act and answer, with the same answer to the same key."""
        status, body = await self.outcome(act, **wanted)
        return Response(body, status, media_type="application/json")


async def making(request: Request) -> Making:
    """Read who asks and the key that they must give. Raises NotSignedIn, RateLimited, IdempotencyKeyMissing."""
    account_id = await caller(request)
    await spend(request.scope, "reservations", RESERVATIONS, str(account_id))
    key = key_of(request)
    if key is None:
        raise IdempotencyKeyMissing
    state = request.app.state
    seal = fingerprint(request, await request.body())
    return Making(cast(Database, state.database).acts, state.stripe, account_id, key, seal)


def id_in(request: Request, name: str, unknown: type[Problem]) -> UUID:
    """Give the id in a hot route's path; one that is no UUID is that of nothing."""
    try:
        return UUID(request.path_params[name])
    except ValueError:
        raise unknown from None


def documented(*path: str) -> list[inspect.Parameter]:
    """Describe the parameters of such a route: the ids in its path, and the key."""
    key = Annotated[
        str, Header(max_length=LONGEST_KEY, description="Your own name for this request.", examples=["lunch-42"])
    ]
    by_name = inspect.Parameter.KEYWORD_ONLY
    return [
        *(inspect.Parameter(name, by_name, annotation=Annotated[UUID, Path()]) for name in path),
        inspect.Parameter("idempotency_key", by_name, annotation=key),
    ]
