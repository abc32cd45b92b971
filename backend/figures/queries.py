"""Queries for figures. The database checks the period and sums it up in one statement."""

from datetime import date
from uuid import UUID

from pydantic_core import from_json
from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.plain_reads import value_of
from backend.database.sessions import call
from backend.figures.schemas import (
    FiguresOfShops,
    ShopDay,
    ShopFigures,
    ShopFiguresByItem,
    Step,
)
from backend.shops.queries import with_corrections

_OF_SHOP = "select app.shop_figures(shop => $1, since => $2, until => $3, step => $4, days => $5)::text"
_OF_PLATFORM = "select app.admin_figures(since => $1, until => $2, step => $3)::text"
_DAY = "select app.shop_day(shop => $1, only_lot => $2)::text"


async def shop_figures(
    session: AsyncSession, shop_id: UUID, since: date | None, until: date | None, by: Step, days: int | None = None
) -> ShopFigures:
    """Return the figures of a shop. `since` and `until` are the first and the last day; None: the last `days`, or 30.

    The database raises ShopNotFound and FiguresPeriodInvalid.
    """
    found = await value_of(session, _OF_SHOP, shop_id, since, until, by, days)
    return ShopFigures.model_validate_json(found)


async def shop_figures_by_item(
    session: AsyncSession, shop_id: UUID, since: date | None, until: date | None, most: int
) -> ShopFiguresByItem:
    """Return the figures of a shop by item. The database raises ShopNotFound, PremiumNeeded, FiguresPeriodInvalid."""
    found = await call(session, "shop_figures_of_items", shop=shop_id, since=since, until=until, most=most)
    return ShopFiguresByItem.model_validate(found)


async def figures_of_own_shops(session: AsyncSession, since: date | None, until: date | None) -> FiguresOfShops:
    """Return the figures of the caller's shops with Premium.

    The database raises PremiumNeeded, FiguresPeriodInvalid.
    """
    return FiguresOfShops.model_validate(await call(session, "figures_of_own_shops", since=since, until=until))


async def shop_day(session: AsyncSession, shop_id: UUID, lot_id: UUID | None) -> ShopDay:
    """Return the day of a shop, or only one of its lots.

    The database raises ShopNotFound unless the caller is owner or staff.
    """
    found = from_json(await value_of(session, _DAY, shop_id, lot_id))
    return ShopDay.model_validate({**found, "shop": with_corrections(found["shop"])})


async def platform_figures(session: AsyncSession, since: date | None, until: date | None, by: Step) -> bytes:
    """Return the figures of all shops and of the platform as the JSON of PlatformFigures.

    The days are those of `shop_figures`. The database raises FiguresPeriodInvalid.
    """
    found: str = await value_of(session, _OF_PLATFORM, since, until, by)
    return found.encode()
