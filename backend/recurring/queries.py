"""Queries for recurring listings, under row-level security."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.problems.problem import problem_of_constraint
from backend.recurring.models import RecurringDay, RecurringListing
from backend.recurring.problems import RecurringNotFound
from backend.recurring.schemas import DayOut, RecurringOut
from backend.shops.models import Shop
from backend.shops.problems import ShopNotFound
from backend.shops.queries import is_own

_LISTINGS = select(
    RecurringListing,
    case((col(RecurringListing.active), col(RecurringListing.due_at))).label("next_publication"),
)


async def recurring_listing(session: AsyncSession, listing_id: UUID) -> tuple[RecurringOut, int]:
    """Return one of the caller's recurring listings and its version. Raises RecurringNotFound."""
    rows = await _with_days(session, _LISTINGS.where(col(RecurringListing.id) == listing_id))
    if not rows:
        raise RecurringNotFound
    return rows[0]


async def listings_of_shop(session: AsyncSession, shop_id: UUID, before: UUID | None, limit: int) -> list[RecurringOut]:
    """Return up to `limit + 1` listings of one of the caller's shops, newest first. Raises ShopNotFound."""
    if (await session.execute(select(col(Shop.id)).where(col(Shop.id) == shop_id, is_own(Shop.id)))).first() is None:
        raise ShopNotFound
    wanted = _LISTINGS.where(col(RecurringListing.shop_id) == shop_id)
    if before is not None:
        wanted = wanted.where(col(RecurringListing.id) < before)
    found = await _with_days(session, wanted.order_by(col(RecurringListing.id).desc()).limit(limit + 1))
    return [listing for listing, _ in found]


async def recurring_day(session: AsyncSession, where: ColumnElement[bool]) -> DayOut:
    """Return a changed day, which must exist."""
    return DayOut.model_validate((await session.execute(select(RecurringDay).where(where))).scalar_one())


async def _with_days(session: AsyncSession, wanted: Any) -> list[tuple[RecurringOut, int]]:
    rows: list[tuple[RecurringListing, datetime | None]] = [tuple(row) for row in await session.execute(wanted)]
    today = func.app.local_day(func.app.clock(), col(Shop.time_zone))
    days: dict[UUID, list[RecurringDay]] = {listing.id: [] for listing, _ in rows}
    different = (
        select(RecurringDay)
        .join(RecurringListing, col(RecurringListing.id) == col(RecurringDay.listing_id))
        .join(Shop, col(Shop.id) == col(RecurringListing.shop_id))
        .where(col(RecurringDay.listing_id).in_(days), col(RecurringDay.day) >= today)
    )
    for day in (await session.execute(different.order_by(col(RecurringDay.day)))).scalars() if days else ():
        days[day.listing_id].append(day)
    return [
        (
            RecurringOut.model_validate(
                {
                    **listing.model_dump(),
                    "next_publication": due,
                    "last_problem": _code(listing.last_problem),
                    "days": days[listing.id],
                }
            ),
            listing.version,
        )
        for listing, due in rows
    ]


def _code(problem: str | None) -> str | None:
    """Return the problem's code for a constraint that a day's lot violated; anything else unchanged."""
    known = problem_of_constraint(problem) if problem else None
    return known.code if known else problem
