"""Suspended lots as their donor sees them, under row-level security."""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Uuid, case, column, func, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from backend.lots.queries import SHOP
from backend.payments.models import Payment
from backend.reservations.models import Reservation
from backend.shops.models import Shop
from backend.suspended_lots.models import SuspendedLot, SuspendedPortions
from backend.suspended_lots.problems import SuspendedLotNotFound
from backend.suspended_lots.schemas import SuspendedLotOut, SuspendedStatus


@cache  # a statement takes longer to make than to run
def _suspended_lots() -> Any:
    paid = aliased(Reservation, name="paid")
    offered = aliased(Reservation, name="offered")
    parts = (
        select(
            func.count(col(SuspendedPortions.lot_id).distinct()).label("places"),
            func.coalesce(func.sum(col(SuspendedPortions.collected)), 0).label("collected"),
            func.coalesce(func.sum(col(SuspendedPortions.kept)), 0).label("kept"),
            # Ids are ordered by time, so this is the latest.
            func.array_agg(
                aggregate_order_by(col(SuspendedPortions.reservation_id), col(SuspendedPortions.reservation_id).desc())
            )[1].label("latest"),
        )
        .where(col(SuspendedPortions.suspended_lot_id) == col(SuspendedLot.id))
        .lateral("parts")
    )
    now_at = func.coalesce(parts.c.latest, col(SuspendedLot.id))
    lot = (
        func.app.what_was_reserved(now_at)
        .table_valued("title", "pickup_start", "pickup_end", column("shop_id", Uuid))
        .lateral("lot")
    )
    due = case(
        (
            col(Payment.status).in_(("refund_due", "refunded")),
            func.coalesce(col(Payment.refund_cents), col(Payment.amount_cents)),
        ),
        else_=0,
    )
    return (
        select(
            col(SuspendedLot.id),
            col(SuspendedLot.if_unclaimed),
            col(SuspendedLot.unclaimed),
            col(SuspendedLot.settled_at),
            col(SuspendedLot.version),
            col(paid.status).label("paid_status"),
            col(paid.quantity),
            col(paid.unit_price_cents),
            (col(paid.unit_price_cents) * col(paid.quantity)).label("total_cents"),
            col(paid.hold_until),
            col(paid.created_at),
            col(offered.lot_id),
            parts.c.places,
            parts.c.collected,
            parts.c.kept,
            func.greatest(due, col(Payment.refunded_cents)).label("refunded_cents"),
            lot.c.title,
            lot.c.pickup_start,
            lot.c.pickup_end,
            SHOP.label("shop"),
        )
        .join_from(SuspendedLot, paid, col(paid.id) == col(SuspendedLot.id))
        .join(Payment, col(Payment.reservation_id) == col(SuspendedLot.id))
        .join(parts, true())
        .join(offered, col(offered.id) == now_at)
        .join(lot, true())
        .join(Shop, col(Shop.id) == lot.c.shop_id)
    )


async def suspended_lots_of_caller(session: AsyncSession, limit: int, before: UUID | None) -> list[SuspendedLotOut]:
    """Return up to `limit + 1` of the caller's gifts older than `before`, newest first."""
    wanted = _suspended_lots().order_by(col(SuspendedLot.id).desc()).limit(limit + 1)
    if before is not None:
        wanted = wanted.where(col(SuspendedLot.id) < before)
    return [_shown(row) for row in await session.execute(wanted)]


async def suspended_lot(session: AsyncSession, suspended_lot_id: UUID) -> tuple[SuspendedLotOut, int]:
    """Return one gift of the caller, and its version. Raises SuspendedLotNotFound."""
    row = (await session.execute(_suspended_lots().where(col(SuspendedLot.id) == suspended_lot_id))).one_or_none()
    if row is None:
        raise SuspendedLotNotFound
    return _shown(row), row.version


def _shown(row: Row[Any]) -> SuspendedLotOut:
    values = row._asdict()
    return SuspendedLotOut.model_validate({**values, "status": _status(row)}, extra="ignore")


def _status(row: Row[Any]) -> SuspendedStatus:
    if row.settled_at is not None:
        if not row.collected:
            return "kept" if row.kept and row.refunded_cents < row.total_cents else "refunded"
        return "collected" if row.collected + row.kept == row.quantity else "partly_collected"
    if row.places == 0:  # never offered
        status: SuspendedStatus = "refunded" if row.refunded_cents else row.paid_status
        return status
    if row.unclaimed:
        return "unclaimed"
    return "offered" if row.places == 1 else "moved"
