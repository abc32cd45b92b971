"""Join a waiting list and leave it."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.sessions import call
from backend.waiting import queries
from backend.waiting.schemas import WaitingOut


async def join(session: AsyncSession, lot_id: UUID, quantity: int) -> WaitingOut:
    """Wait for portions of a lot that is sold out.

    From the database LotNotFound, LotClosed, SomeLeft, AlreadyWaiting, DailyQuotaReached, PaymentBelowMinimum.
    """
    return await queries.waiting(session, await call(session, "join_waiting", lot=lot_id, portions=quantity))


async def leave(session: AsyncSession, waiting_id: UUID) -> WaitingOut:
    """Leave a line; what was kept goes on to the next. From the database WaitingNotFound, WaitingOver."""
    await call(session, "leave_waiting", waiting=waiting_id)
    return await queries.waiting(session, waiting_id)
