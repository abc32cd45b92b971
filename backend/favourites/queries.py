"""The caller's favourites and saved places, under row-level security."""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Row, Select, bindparam, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.database.sessions import caller_in
from backend.favourites.models import Favourite, PlaceAlert, SavedPlace
from backend.favourites.problems import PlaceNotFound
from backend.favourites.schemas import FavouriteOut, PlaceOut
from backend.lots.models import Lot, LotStock
from backend.shops.models import Shop

_PLACES = select(
    col(SavedPlace.id),
    col(SavedPlace.name),
    col(SavedPlace.latitude),
    col(SavedPlace.longitude),
    col(SavedPlace.version),
    col(PlaceAlert.radius_m),
    col(PlaceAlert.categories),
    col(PlaceAlert.max_price_cents),
    col(PlaceAlert.most_a_day),
).outerjoin(PlaceAlert, col(PlaceAlert.place_id) == col(SavedPlace.id))


# Each form of a statement is made once, because that takes longer than running it.
@cache
def _own_favourites(after_another: bool) -> Select[*tuple[Any, ...]]:
    on_offer = (
        select(literal(1))
        .join_from(Lot, LotStock, col(LotStock.lot_id) == col(Lot.id))
        .where(
            col(Lot.shop_id) == col(Shop.id),
            col(Lot.status) == "published",
            col(LotStock.remaining) > 0,
            col(Lot.pickup_end) > func.app.clock(),
            # Whoever lost their right still sees the rows of free lots that they reserved, but cannot reserve again.
            (col(Lot.kind) == "discounted") | func.app.caller_is_current_beneficiary(),
        )
        .exists()
    )
    wanted: Select[*tuple[Any, ...]] = (
        select(
            col(Favourite.id),
            col(Favourite.shop_id),
            col(Shop.name).label("shop_name"),
            on_offer.label("has_lots"),
            col(Favourite.created_at).label("added_at"),
        )
        .join(Shop, col(Shop.id) == col(Favourite.shop_id))
        .where(col(Favourite.account_id) == bindparam("account"), col(Shop.status) == "verified")
        .order_by(col(Favourite.id).desc())
        .limit(bindparam("most", type_=Integer))
    )
    return wanted.where(col(Favourite.id) < bindparam("before")) if after_another else wanted


async def own_favourites(session: AsyncSession, limit: int, before: UUID | None) -> list[tuple[UUID, FavouriteOut]]:
    """Return up to `limit + 1` of the caller's favourites older than `before`, newest first, each with its id.

    A shop that is suspended is left out until it is verified again.
    """
    asked = {"account": caller_in(session), "before": before, "most": limit + 1}
    found = await session.execute(_own_favourites(before is not None), asked)
    return [(row.id, FavouriteOut.model_validate(row)) for row in found]


@cache
def _own_places(after_another: bool) -> Select[*tuple[Any, ...]]:
    wanted = _PLACES.where(col(SavedPlace.account_id) == bindparam("account"))
    wanted = wanted.order_by(col(SavedPlace.id)).limit(bindparam("most", type_=Integer))
    return wanted.where(col(SavedPlace.id) > bindparam("after")) if after_another else wanted


async def own_places(session: AsyncSession, limit: int, after: UUID | None) -> list[PlaceOut]:
    """Return up to `limit + 1` of the caller's saved places, in the order in which they were saved."""
    asked = {"account": caller_in(session), "after": after, "most": limit + 1}
    return [_place(row) for row in await session.execute(_own_places(after is not None), asked)]


async def own_place(session: AsyncSession, place_id: UUID) -> tuple[PlaceOut, int]:
    """Return one of the caller's saved places, and its version. Raises PlaceNotFound."""
    row = (await session.execute(_PLACES.where(col(SavedPlace.id) == place_id))).one_or_none()
    if row is None:
        raise PlaceNotFound
    return _place(row), row.version


def _place(row: Row[*tuple[Any, ...]]) -> PlaceOut:
    place = dict(row._mapping)
    return PlaceOut.model_validate({**place, "alert": place if row.radius_m is not None else None})
