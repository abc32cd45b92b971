"""Registering and changing shops."""

from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.database.sessions import caller_in
from backend.http.etags import require_revision
from backend.places.geocoder import Address
from backend.problems.common import PreconditionFailed
from backend.shops import queries
from backend.shops.models import Shop
from backend.shops.opening_hours import stored_hours
from backend.shops.problems import ShopNotFound, ShopSiretInvalid
from backend.shops.schemas import OwnShop, ShopEdit, ShopIn
from backend.shops.sirets import siret_in

# Raw SQL, because shops may not import recurring, a feature above this one. Merchants see their own listings only.
_LISTINGS = text("select from app.recurring_listings where shop_id = :shop order by id for update")


async def register_shop(session: AsyncSession, wanted: ShopIn) -> OwnShop:
    """Register a shop of the caller's, which is `pending` until it is verified.

    Raises ShopSiretInvalid; the database raises ShopOutsideTerritory, ShopCoordinatesSwapped.
    """
    if (siret := siret_in(wanted.siret)) is None:
        raise ShopSiretInvalid
    values = wanted.model_dump() | {
        "siret": siret,
        "opening_hours": stored_hours(wanted.opening_hours),
        "owner_id": caller_in(session),
    }
    made = await session.execute(insert(Shop).values(values).returning(col(Shop.id)))
    return await queries.own_shop(session, made.scalar_one())


def place_of(found: Address, insee_code: str | None) -> dict[str, Any]:
    """Return the fields of a shop's place at an address. insee_code: the one that was sent, which stays."""
    return {
        "latitude": found.latitude,
        "longitude": found.longitude,
        "insee_code": insee_code if insee_code is not None else found.insee_code,
    }


async def edit_shop(session: AsyncSession, shop_id: UUID, wanted: ShopEdit, versions: list[int] | None) -> None:
    """Change one of the caller's shops if it is still at one of these versions (None: at any).

    Raises ShopNotFound, PreconditionFailed; the database raises ShopLotsOutlastUseBy, ShopOutsideTerritory,
    ShopCoordinatesSwapped, PagePhotoUnknown.
    """
    values: dict[str, Any] = wanted.model_dump(exclude_unset=True)
    if "opening_hours" in values:
        values["opening_hours"] = stored_hours(wanted.opening_hours)
    if "insee_code" in values:
        # In another time zone they are due at other times. Locked before the shop, as everybody locks them.
        await session.execute(_LISTINGS, {"shop": shop_id})
    if values:
        change = update(Shop).where(col(Shop.id) == shop_id).values(values).returning(col(Shop.id))
        if versions is not None:
            # Checked in the statement that writes, so of two people who read the same version only one succeeds.
            change = change.where(col(Shop.version).in_(versions))
        if (await session.execute(change)).one_or_none() is not None:
            return
    own = select(col(Shop.version)).where(col(Shop.id) == shop_id, queries.is_own(Shop.id, "owner"))
    version = (await session.execute(own)).scalar_one_or_none()
    if version is None:
        raise ShopNotFound
    require_revision(versions, version)
    if values:
        raise PreconditionFailed
