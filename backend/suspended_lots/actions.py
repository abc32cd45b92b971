"""Suspend portions, cancel a gift that is not paid yet, and choose what happens to uncollected portions."""

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
    """Cancel a gift that is not paid yet.

    Raises SuspendedLotNotFound; from the database SuspendedLotOffered, ReservationOver.
    """
    await queries.suspended_lot(session, suspended_lot_id)
    await call(session, "cancel_reservation", reservation=suspended_lot_id)
    cancelled, _ = await queries.suspended_lot(session, suspended_lot_id)
    return cancelled


async def choose_if_unclaimed(
    session: AsyncSession, suspended_lot_id: UUID, choice: IfUnclaimed, versions: list[int] | None
) -> None:
    """Choose what happens to uncollected portions, if the gift still has one of these versions. None allows any.

    From the database SuspendedLotNotFound, SuspendedLotOver, PreconditionFailed.
    """
    await call(session, "choose_if_unclaimed", gift=suspended_lot_id, choice=choice, versions=versions)
