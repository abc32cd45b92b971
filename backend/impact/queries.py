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
from backend.impact.schemas import ImpactOut, MethodOut, SeriesOut
from backend.problems.texts import Language

# What the figures leave out, told wherever the method is.
NOT_COUNTED: dict[Language, tuple[str, ...]] = {
    "fr": (
        "L'empreinte du service lui-même : serveurs, téléphones, impressions.",
        "Les trajets des personnes ; ceux des collecteurs sont comptés et déduits.",
        "Ce que devient la nourriture après sa remise.",
        "L'eau, les sols et la biodiversité.",
    ),
    "en": (
        "The footprint of the service itself: servers, telephones, printing.",
        "The trips of people; those of collectors are counted and subtracted.",
        "What happens to the food after it was handed over.",
        "Water, soil and biodiversity.",
    ),
}
THOUSAND = literal(1000, Numeric)


async def public_impact_json(acts: Acts) -> bytes:
    """Return the public totals as JSON. The cost grows with the entries of one day, not with all."""
    return cast(bytes, await acts.value("public_impact"))


async def impact_series(acts: Acts) -> SeriesOut:
    """Return the closed periods of the whole platform, oldest first."""
    return SeriesOut(periods=json.loads(await acts.value("impact_series")))


async def impact_method(acts: Acts, language: Language) -> MethodOut:
    """Return how impact is computed, and what it leaves out."""
    return MethodOut(**json.loads(await acts.value("impact_method")), not_counted=list(NOT_COUNTED[language]))


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
