"""Reads of lots, under row-level security."""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Integer, Select, bindparam, func, null, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from backend.database.compiled_reads import CompiledRead
from backend.database.plain_reads import rows_of
from backend.database.sessions import call
from backend.lots.models import DateKind, Lot, LotStock
from backend.lots.problems import LotNotFound
from backend.lots.schemas import LotOut, LotRead, LotStatus
from backend.shops.models import Shop
from backend.shops.problems import ShopNotFound
from backend.shops.queries import is_own, with_corrections
from backend.shops.schemas import WorkplaceOut

_PAST_BEST_BEFORE = (col(Lot.date_kind) == DateKind.BEST_BEFORE.value) & (
    col(Lot.food_date_ends_at) <= func.app.clock()
)
SHOP = func.json_build_object(
    "id", Shop.id, "name", Shop.name, "address", Shop.address, "latitude", Shop.latitude,
    "longitude", Shop.longitude, "category", Shop.category, "time_zone", Shop.time_zone, type_=JSON,
)  # fmt: skip

_LOTS = (
    select(
        col(Lot.id),
        col(Lot.shop_id),
        col(Lot.title),
        col(Lot.description),
        col(Lot.category),
        col(Lot.kind),
        col(Lot.original_price_cents),
        col(Lot.price_cents),
        col(Lot.quantity),
        col(LotStock.remaining),
        col(Lot.pickup_start),
        col(Lot.pickup_end),
        col(Lot.date_kind),
        col(Lot.food_date),
        func.coalesce(_PAST_BEST_BEFORE, False).label("past_best_before"),
        col(Lot.allergens),
        col(Lot.cold_chain),
        col(Lot.weight_grams),
        col(Lot.co2e_grams),
        col(Lot.status),
        col(Lot.published_at),
        col(Lot.photo_id),
        col(Lot.origin),
        col(Lot.reduction_ground),
        col(Lot.gtin),
        col(Lot.batch),
        col(Lot.fair_draw),
        col(Lot.version),
        SHOP.label("shop"),
    )
    .join_from(Lot, LotStock, col(LotStock.lot_id) == col(Lot.id))
    .join(Shop, col(Shop.id) == col(Lot.shop_id))
)

_LOT = _LOTS.add_columns(
    func.app.free_cancellation_until(col(Lot.pickup_start)).label("free_cancellation_until")
).where(col(Lot.id) == bindparam("wanted"))
# Visitors have neither a right to the free lot beside a lot nor a shop. Row-level security applies to the free lot too:
# whoever may not see it does not get its id.
_BESIDE = aliased(Lot)
_LOT_OF_VISITORS = CompiledRead.of(_LOT.add_columns(null().label("free_lot_id"), null().label("becomes_free_at")))
_LOT_SEEN = CompiledRead.of(
    _LOT.add_columns(
        select(col(_BESIDE.id))
        .where(col(_BESIDE.suspended_from) == col(Lot.id), col(_BESIDE.status) == "published")
        .scalar_subquery()
        .label("free_lot_id"),
        func.app.becomes_free_at(col(Lot.id)).label("becomes_free_at"),
    )
)


async def lot_seen(session: AsyncSession, lot_id: UUID) -> tuple[LotRead, int]:
    """Return a lot that the caller may see, and its version. Raises LotNotFound.

    A lot that became free looks sold out to whoever may not see free lots.
    """
    seen = _LOT_OF_VISITORS if session.sync_session.info["account_id"] is None else _LOT_SEEN
    row = await seen.row(session, wanted=lot_id)
    if row is None:
        sold_out: dict[str, Any] | None = await call(session, "lot_without_portions", lot=lot_id)
        if sold_out is None:
            raise LotNotFound
        version: int = sold_out.pop("version")
        return LotRead.model_validate(sold_out), version
    return LotRead.model_validate(dict(row)), row["version"]


_OWN = select(is_own(Shop.id)).where(col(Shop.id) == bindparam("shop"))


@cache
def _of_shop(own: bool, of_status: bool, after_another: bool) -> Select[*tuple[Any, ...]]:
    """Return the query of a shop's lots. Each of its forms is made once, because that takes longer than running it."""
    wanted = _LOTS.where(col(Lot.shop_id) == bindparam("shop")).order_by(col(Lot.id).desc())
    wanted = wanted.limit(bindparam("most", type_=Integer))
    if not own:
        wanted = wanted.where(col(Lot.status) == "published", col(Lot.pickup_end) > func.app.clock())
        # Whoever lost their right still sees the rows of free lots that they reserved, but not in this list.
        wanted = wanted.where((col(Lot.kind) == "discounted") | func.app.caller_is_current_beneficiary())
    if of_status:
        wanted = wanted.where(col(Lot.status) == bindparam("status"))
    if after_another:
        wanted = wanted.where(col(Lot.id) < bindparam("before"))
    return wanted


_AT_WORK = """
    select house, ids, lots
    from app.lots_at_work(shop => $1, wanted_status => $2, before => $3, most => $4)"""


async def lots_at_work(
    session: AsyncSession, shop_id: UUID, status: LotStatus | None, before: UUID | None, limit: int
) -> tuple[WorkplaceOut, list[UUID], list[str]]:
    """Return a shop where the caller works, and ids and JSON of up to `limit + 1` of its lots, newest first.

    The database raises ShopNotFound.
    """
    [(house, ids, lots)] = await rows_of(session, _AT_WORK, shop_id, status, before, limit + 1)
    return WorkplaceOut.model_validate(with_corrections(house)), ids, lots


async def lots_of_shop(
    session: AsyncSession, shop_id: UUID, status: LotStatus | None, before: UUID | None, limit: int
) -> list[LotOut]:
    """Return up to `limit + 1` lots of a shop, newest first: all for its merchant, those on offer for others.

    Raises ShopNotFound.
    """
    asked = {"shop": shop_id, "status": status, "before": before, "most": limit + 1}
    own = (await session.execute(_OWN, asked)).scalar_one_or_none()
    if own is None:
        raise ShopNotFound
    wanted = _of_shop(own, status is not None, before is not None)
    lots = {row.id: LotOut.model_validate(row) for row in (await session.execute(wanted, asked)).all()}
    if not own and status in (None, "published"):
        # Nobody sees the rows of lots that are sold out, or look so.
        sold_out = select(func.app.lots_without_portions(shop_id, before, limit + 1, type_=JSON))
        for fields in (await session.scalars(sold_out)).all():
            lot = LotOut.model_validate(fields)
            lots.setdefault(lot.id, lot)
    return sorted(lots.values(), key=lambda lot: lot.id, reverse=True)[: limit + 1]
