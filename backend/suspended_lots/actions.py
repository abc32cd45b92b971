"""Give portions, take back what was not paid yet, and choose what becomes of what nobody collects."""

import json
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.sessions import call
from backend.reservations.requests import Making
from backend.suspended_lots import queries
from backend.suspended_lots.schemas import IfUnclaimed, SuspendedLotIn, SuspendedLotOut


async def suspend_lot(made: Making, wanted: SuspendedLotIn) -> tuple[int, bytes]:
    """Hold portions to give and give status and JSON of the answer, the same for the same key, as `reserve` does.

    Raises asyncpg errors that carry problems, PaymentUnavailable.
    """
    status, body = await made.outcome(
        "suspend_lot", lot=wanted.lot_id, portions=wanted.quantity, if_unclaimed=wanted.if_unclaimed
    )
    return status, json.dumps(json.loads(body) | {"if_unclaimed": wanted.if_unclaimed}, ensure_ascii=False).encode()


async def cancel_suspended_lot(session: AsyncSession, suspended_lot_id: UUID) -> SuspendedLotOut:
    """Take a gift back that is not paid yet. Raises SuspendedLotNotFound; from the database SuspendedLotOffered,
    ReservationOver."""
    await queries.suspended_lot(session, suspended_lot_id)
    await call(session, "cancel_reservation", reservation=suspended_lot_id)
    cancelled, _ = await queries.suspended_lot(session, suspended_lot_id)
    return cancelled


async def choose_if_unclaimed(
    session: AsyncSession, suspended_lot_id: UUID, choice: IfUnclaimed, versions: list[int] | None
) -> None:
    """Choose what becomes of what nobody collects, if the gift is still at one of these versions (any, without them).

    From the database SuspendedLotNotFound, SuspendedLotOver, PreconditionFailed.
    """
    await call(session, "choose_if_unclaimed", gift=suspended_lot_id, choice=choice, versions=versions)
