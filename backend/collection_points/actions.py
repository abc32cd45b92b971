"""Add, change and close collection points, and report how full one is."""

from typing import Any
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy.ext.asyncio import AsyncSession

from backend.collection_points.schemas import PointAdded, PointEdit, PointIn
from backend.database.sessions import call
from backend.problems.common import PreconditionFailed
from backend.shops.opening_hours import stored_hours


async def add_point(session: AsyncSession, wanted: PointIn) -> PointAdded:
    """Add a depot or relay. The database raises NotAllowed, WhichAssociation, CollectionPointOutsideTerritory."""
    values = wanted.model_dump() | {"opening_hours": stored_hours(wanted.opening_hours)}
    return PointAdded(id=await call(session, "add_point", wanted=_json(values)))


async def edit_point(session: AsyncSession, point_id: UUID, wanted: PointEdit, versions: list[int] | None) -> None:
    """Change a point if it still has one of these versions (None: any). Raises PreconditionFailed.

    The database raises CollectionPointNotFound, CollectionPointFollows, CollectionPointOutsideTerritory.
    """
    values: dict[str, Any] = wanted.model_dump(exclude_unset=True)
    if "opening_hours" in values:
        values["opening_hours"] = stored_hours(wanted.opening_hours)
    if not await call(session, "edit_point", point=point_id, wanted=_json(values), versions=versions):
        raise PreconditionFailed


async def close_point(session: AsyncSession, point_id: UUID) -> None:
    """Close a depot or relay.

    The database raises CollectionPointNotFound, CollectionPointFollows, CollectionPointInUse.
    """
    await call(session, "close_point", point=point_id)


async def report_point(session: AsyncSession, point_id: UUID, percent: int) -> None:
    """Note how full a point is. The database raises CollectionPointNotFound."""
    await call(session, "report_point", point=point_id, percent=percent)


def _json(values: dict[str, Any]) -> str:
    return to_json(values).decode()
