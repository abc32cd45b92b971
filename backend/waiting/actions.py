"""Join a waiting list, leave it, take what was kept."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.db import Acts, call
from backend.payments.stripe_client import Stripe
from backend.reservations.actions import answered
from backend.waiting import queries
from backend.waiting.schemas import WaitingOut


async def join(session: AsyncSession, lot_id: UUID, quantity: int) -> WaitingOut:
    """Wait for portions of a lot that is sold out.

    From the database LotNotFound, LotClosed, SomeLeft, AlreadyWaiting, DailyQuotaReached.
    """
    return await queries.waiting(session, await call(session, "join_waiting", lot=lot_id, portions=quantity))


async def leave(session: AsyncSession, waiting_id: UUID) -> WaitingOut:
    """Leave a line; what was kept goes on to the next. From the database WaitingNotFound, WaitingOver."""
    await call(session, "leave_waiting", waiting=waiting_id)
    return await queries.waiting(session, waiting_id)


async def take_offer(
    acts: Acts, stripe: Stripe, caller: UUID, waiting_id: UUID, key: str, fingerprint: bytes
) -> tuple[int, bytes]:
    """Reserve what was kept, and give status and JSON of the reservation, the same for the same key.

    Raises what reserving raises; from the database WaitingNotFound, NothingOffered, OfferLapsed, WaitingOver.
    """
    return await answered(acts, stripe, caller, key, fingerprint, "take_offer", waiting_id)
