"""Queries for impact: the public totals, a person's and a shop's."""

import json
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Numeric, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.database.acts import Acts
from backend.database.sessions import call, caller_in
from backend.impact.models import ImpactEntry, ImpactFactor
from backend.impact.schemas import ImpactOut

THOUSAND = literal(1000, Numeric)


async def public_impact(acts: Acts) -> dict[str, Any]:
    """Return the public totals. The cost grows with the entries of one day, not with all."""
    return cast(dict[str, Any], json.loads(await acts.value("public_impact")))


async def own_impact(session: AsyncSession) -> ImpactOut:
    """Return what the caller's own pickups saved."""
    own = select(func.app.reservations_of(caller_in(session)))
    return await _sum(session, col(ImpactEntry.reservation_id).in_(own))


async def shop_impact(session: AsyncSession, shop_id: UUID) -> ImpactOut:
    """Return what a shop's handovers saved, in totals that do not reveal any single one.

    The database raises ShopNotFound.
    """
    return ImpactOut.model_validate(await call(session, "shop_impact", shop=shop_id))


async def _sum(session: AsyncSession, which: Any) -> ImpactOut:
    row = (
        await session.execute(
            select(
                func.coalesce(func.round(func.sum(col(ImpactEntry.meals)), 1), 0).label("meals"),
                func.coalesce(func.round(func.sum(ImpactEntry.food_grams) / THOUSAND, 1), 0).label("food_kg"),
                func.coalesce(func.round(func.sum(ImpactEntry.co2e_grams) / THOUSAND, 1), 0).label("co2e_kg"),
                func.coalesce(func.sum(ImpactEntry.value_saved_cents), 0).label("value_saved_cents"),
                func.coalesce(
                    func.sum(col(ImpactEntry.value_saved_cents) - col(ImpactEntry.recovered_by_shops_cents)), 0
                ).label("saved_by_people_cents"),
                func.coalesce(func.sum(ImpactEntry.recovered_by_shops_cents), 0).label("recovered_by_shops_cents"),
                func.coalesce(func.sum(ImpactEntry.people_helped), 0).label("people_helped"),
                func.min(ImpactEntry.recorded_at).label("since"),
                select(col(ImpactFactor.method))
                .where(col(ImpactFactor.category).is_(None))
                .order_by(col(ImpactFactor.valid_from).desc(), col(ImpactFactor.id).desc())
                .limit(1)
                .scalar_subquery()
                .label("method"),
            ).where(which)
        )
    ).one()
    return ImpactOut.model_validate(row)
