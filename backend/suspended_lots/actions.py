"""Give portions, take back what was not paid yet, and choose what becomes of what nobody collects."""

from typing import Any
from uuid import UUID

from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.sessions import Database, call, call_row
from backend.http.idempotency import Once
from backend.reservations.holds import answer_once
from backend.stripe.client import Stripe
from backend.suspended_lots import queries
from backend.suspended_lots.schemas import IfUnclaimed, SuspendedLotIn, SuspendedLotOut


async def suspend_lot(
    database: Database, stripe: Stripe, once: Once, account_id: UUID, wanted: SuspendedLotIn
) -> Response:
    """Hold portions to give, once per key.

    Raises PaymentUnavailable; from the database NotAllowed (somebody who is no customer), and what reserving raises.
    """

    async def suspend(session: AsyncSession) -> Any:
        return await call_row(
            session,
            "suspend_lot",
            lot=wanted.lot_id,
            portions=wanted.quantity,
            if_unclaimed=wanted.if_unclaimed,
            begun=once.begun,
        )

    return await answer_once(database, stripe, once, account_id, suspend, if_unclaimed=wanted.if_unclaimed)


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
