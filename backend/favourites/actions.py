"""Add and remove favourites; save, change and remove places."""

from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.database.sessions import call, caller_in
from backend.favourites import queries
from backend.favourites.models import Favourite, PlaceAlert, SavedPlace
from backend.favourites.problems import PlaceNotFound
from backend.favourites.schemas import AlertIn, PlaceEdit, PlaceIn, PlaceOut
from backend.http.etags import require_revision
from backend.problems.common import PreconditionFailed
from backend.shops.models import Shop
from backend.shops.problems import ShopNotFound


async def add_favourite(session: AsyncSession, shop_id: UUID) -> None:
    """Add a verified shop to the caller's favourites; doing it again changes nothing.

    The database raises ShopNotFound, FavouriteLimitReached.
    """
    await call(session, "add_favourite", shop=shop_id)


async def remove_favourite(session: AsyncSession, shop_id: UUID) -> None:
    """Remove a shop from the caller's favourites; doing it again changes nothing.

    Raises ShopNotFound if the shop was no favourite and the caller may not see it.
    """
    own = (col(Favourite.account_id) == caller_in(session)) & (col(Favourite.shop_id) == shop_id)
    gone = await session.execute(delete(Favourite).where(own).returning(col(Favourite.id)))
    if gone.first() is None and await session.scalar(select(col(Shop.id)).where(col(Shop.id) == shop_id)) is None:
        raise ShopNotFound


async def save_place(session: AsyncSession, wanted: PlaceIn) -> PlaceOut:
    """Save a place. From the database PlaceLimitReached, PlaceOutsideFrance, PlaceCoordinatesSwapped."""
    place_id = await call(session, "save_place", name=wanted.name, latitude=wanted.latitude, longitude=wanted.longitude)
    if wanted.alert is not None:
        await _set_alert(session, place_id, wanted.alert)
    place, _version = await queries.own_place(session, place_id)
    return place


async def _set_alert(session: AsyncSession, place_id: UUID, wanted: AlertIn) -> None:
    await call(
        session,
        "set_alert",
        place=place_id,
        radius_m=wanted.radius_m,
        categories=list(dict.fromkeys(wanted.categories)),
        max_price_cents=wanted.max_price_cents,
        most_a_day=wanted.most_a_day,
    )


async def edit_place(session: AsyncSession, place_id: UUID, wanted: PlaceEdit, versions: list[int] | None) -> None:
    """Change one of the caller's places if it is still at one of these versions (None: at any).

    Raises PlaceNotFound, PreconditionFailed; the database raises PlaceOutsideFrance, PlaceCoordinatesSwapped.
    """
    values: dict[str, Any] = wanted.model_dump(exclude_unset=True, exclude={"alert"})
    if "alert" in wanted.model_fields_set:
        # An alert is part of its place: a changed one gives it a new version too.
        values.setdefault("name", col(SavedPlace.name))
    if values:
        change = update(SavedPlace).where(col(SavedPlace.id) == place_id).values(values).returning(col(SavedPlace.id))
        if versions is not None:
            # Checked in the statement that writes, so of two people who read the same version only one succeeds.
            change = change.where(col(SavedPlace.version).in_(versions))
        if (await session.execute(change)).one_or_none() is not None:
            if wanted.alert is not None:
                await _set_alert(session, place_id, wanted.alert)
            elif "alert" in wanted.model_fields_set:
                await session.execute(delete(PlaceAlert).where(col(PlaceAlert.place_id) == place_id))
            return
    _place, version = await queries.own_place(session, place_id)
    require_revision(versions, version)
    if values:
        raise PreconditionFailed


async def remove_place(session: AsyncSession, place_id: UUID) -> None:
    """Remove one of the caller's places. Raises PlaceNotFound."""
    gone = await session.execute(delete(SavedPlace).where(col(SavedPlace.id) == place_id).returning(col(SavedPlace.id)))
    if gone.first() is None:
        raise PlaceNotFound
