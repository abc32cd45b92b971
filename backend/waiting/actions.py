"""Join a waiting list, leave it, take the portions that are kept."""

from typing import Any
from uuid import UUID

from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.sessions import Database, call, call_row
from backend.http.idempotency import Once
from backend.reservations.holds import answer_once
from backend.reservations.passes import new_code
from backend.stripe.client import Stripe
from backend.waiting import queries
from backend.waiting.schemas import WaitingOut


async def join(session: AsyncSession, lot_id: UUID, quantity: int) -> WaitingOut:
    """Join the waiting list of a lot that is sold out.

    From the database LotNotFound, LotClosed, SomeLeft, AlreadyWaiting, DailyQuotaReached, PaymentBelowMinimum.
    """
    return await queries.waiting(session, await call(session, "join_waiting", lot=lot_id, portions=quantity))


async def leave(session: AsyncSession, waiting_id: UUID) -> WaitingOut:
    """Leave a waiting list; kept portions go to the next person. From the database WaitingNotFound, WaitingOver."""
    await call(session, "leave_waiting", waiting=waiting_id)
    return await queries.waiting(session, waiting_id)


async def take_offer(database: Database, stripe: Stripe, once: Once, account_id: UUID, waiting_id: UUID) -> Response:
    """Reserve the portions that are kept for an entry of the caller, once per key.

    Raises PaymentUnavailable; from the database WaitingNotFound, NothingOffered, OfferLapsed, WaitingOver, LotChanged,
    DailyQuotaReached, and what reserving raises.
    """

    async def take(session: AsyncSession) -> Any:
        return await call_row(session, "take_offer", waiting=waiting_id, pass_code=new_code(), begun=once.begun)

    return await answer_once(database, stripe, once, account_id, take)
