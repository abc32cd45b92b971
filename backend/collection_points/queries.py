"""Reads of collection points: the map, one point, and the past that a forecast is made of."""

import json
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.collection_points.forecast import Past, forecast
from backend.collection_points.models import CollectionPoint
from backend.collection_points.problems import CollectionPointNotFound
from backend.collection_points.schemas import ForecastOut, PointOut
from backend.database.sessions import call

MOST_MARKS = 300  # beyond, points are counted by cells
CELLS_A_TILE = 4  # cells along the side of a map tile of 256 pixels
WORLD_METRES = 40_075_017


async def points_in(
    session: AsyncSession, box: tuple[float, float, float, float], zoom: int, kinds: list[str]
) -> bytes:
    """Return the points of these kinds in a part of the map, as the features of GeoJSON.

    box: west, south, east, north in degrees. zoom: of the map, 0 to 20; it says how wide a cell is in which points are
    counted together. The database raises NotAllowed.
    """
    west, south, east, north = box
    found = await call(
        session,
        "points_in",
        west=west,
        south=south,
        east=east,
        north=north,
        cell=max(1, WORLD_METRES // (CELLS_A_TILE * 2**zoom)),
        kinds=kinds,
        most=MOST_MARKS,
    )
    return b'{"type":"FeatureCollection","features":' + _as_bytes(found) + b"}"


async def point(session: AsyncSession, point_id: UUID) -> tuple[PointOut, int]:
    """Return a point with its version. Raises CollectionPointNotFound."""
    asked = select(CollectionPoint).where(col(CollectionPoint.id) == point_id)
    found = (await session.execute(asked)).scalar_one_or_none()
    if found is None:
        raise CollectionPointNotFound
    return PointOut.model_validate(found), found.version


async def forecast_of(session: AsyncSession, point_id: UUID) -> ForecastOut:
    """Return when the next collection at a point will be due. Raises CollectionPointNotFound."""
    found = await call(session, "history_of_point", point=point_id)
    if found is None:
        raise CollectionPointNotFound
    known: dict[str, Any] = json.loads(_as_bytes(found))
    collections = [(date.fromisoformat(day), grams) for day, grams in known["collections"]]
    reports = [(date.fromisoformat(day), percent) for day, percent in known["reports"]]
    told = forecast(Past(collections, reports, known["capacity_grams"]), date.fromisoformat(known["today"]))
    return ForecastOut(
        due_on=told.due_on,
        grams=told.grams,
        method=told.method,
        mean_error_days=told.mean_error_days,
        mean_error_grams=told.mean_error_grams,
        collections=len(collections),
    )


def _as_bytes(answer: Any) -> bytes:
    """Return JSON of the database as bytes, whichever connection it came over."""
    if isinstance(answer, bytes):
        return answer
    return answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
