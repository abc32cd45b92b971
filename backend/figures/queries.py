"""Queries for figures. The database checks the period and sums it up in one statement."""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.sessions import call
from backend.figures.schemas import PlatformFigures, ShopFigures, Step


async def shop_figures(
    session: AsyncSession, shop_id: UUID, since: date | None, until: date | None, by: Step
) -> ShopFigures:
    """Return the figures of a shop. `since` and `until` are the first and the last day; None: the last 30 days.

    The database raises ShopNotFound and FiguresPeriodInvalid.
    """
    found = await call(session, "shop_figures", shop=shop_id, since=since, until=until, step=by)
    return ShopFigures.model_validate(found)


async def platform_figures(session: AsyncSession, since: date | None, until: date | None, by: Step) -> PlatformFigures:
    """Return the figures of all shops and of the platform, as `shop_figures` does for one shop.

    The database raises FiguresPeriodInvalid.
    """
    found = await call(session, "admin_figures", since=since, until=until, step=by)
    return PlatformFigures.model_validate(found)
