"""Queries for shops, under row-level security."""

from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Row, Text, all_, any_, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.database.sessions import role_in
from backend.identity.tokens import MemberRole, Role
from backend.places.communes import insee_codes
from backend.shops.models import Shop
from backend.shops.problems import ShopNotFound
from backend.shops.schemas import OwnShop, ShopPage, ShopStatus


def is_own(shop_id: Any, at_least: MemberRole = "reader") -> ColumnElement[bool]:
    """Return the SQL condition that the caller has at least this role at the shop whose id is in this column."""
    return col(shop_id) == any_(func.array(select(func.app.shops_of(func.app.caller(), at_least)).scalar_subquery()))


_ROLE = func.app.caller_role()

_IN_TERRITORY = func.app.in_territory(col(Shop.insee_code), col(Shop.latitude), col(Shop.longitude))

# Not all columns: nobody may read `owner_id`.
_SHOPS = select(
    col(Shop.id),
    col(Shop.name),
    col(Shop.siret),
    col(Shop.address),
    col(Shop.insee_code),
    col(Shop.latitude),
    col(Shop.longitude),
    col(Shop.category),
    col(Shop.opening_hours),
    col(Shop.status),
    col(Shop.version),
    col(Shop.time_zone),
    _IN_TERRITORY.label("in_territory"),
    func.concat("/v1/shops/", col(Shop.id), "/lots").label("lots_url"),
)


async def shop_page(session: AsyncSession, shop_id: UUID) -> tuple[OwnShop | ShopPage, int]:
    """Return a shop's page, which has more for its merchant and admins, and its version. Raises ShopNotFound."""
    whole = (is_own(Shop.id) | (_ROLE == Role.ADMIN.value)).label("whole")
    row = (await session.execute(_SHOPS.add_columns(whole).where(col(Shop.id) == shop_id))).one_or_none()
    if row is None:
        raise ShopNotFound
    return _own(row) if row.whole else ShopPage.model_validate(row), row.version


async def own_shop(session: AsyncSession, shop_id: UUID) -> OwnShop:
    """Return a shop as its merchant or an admin sees it. The caller must be one of them."""
    return _own((await session.execute(_SHOPS.where(col(Shop.id) == shop_id))).one())


async def shops_to_manage(
    session: AsyncSession, status: ShopStatus | None, after: UUID | None, limit: int, *, to_correct: bool = False
) -> list[OwnShop]:
    """Return up to `limit + 1` shops, oldest first: a merchant's own, or all for an admin.

    to_correct: only shops whose INSEE code or coordinates are to be corrected.
    """
    wanted = _SHOPS.order_by(col(Shop.id)).limit(limit + 1)
    if role_in(session) != Role.ADMIN:
        wanted = wanted.where(is_own(Shop.id))
    if status is not None:
        wanted = wanted.where(col(Shop.status) == status)
    if to_correct:
        known = literal(sorted(insee_codes()), ARRAY(Text))
        wanted = wanted.where(~_IN_TERRITORY | (col(Shop.insee_code) != all_(known)))
    if after is not None:
        wanted = wanted.where(col(Shop.id) > after)
    rows: list[Row[Any]] = list((await session.execute(wanted)).all())
    return [_own(row) for row in rows]


def _own(row: Row[Any]) -> OwnShop:
    """Return a shop with the fields that were stored before they were checked and are to be corrected."""
    if row.insee_code not in insee_codes():
        wrong = ["insee_code"]
    else:
        wrong = [] if row.in_territory else ["latitude", "longitude"]
    return OwnShop.model_validate({**row._mapping, "to_correct": wrong})
