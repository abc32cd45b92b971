"""Reads of suggested agreements, and of where nobody collects."""

from typing import Any
from uuid import UUID

from pydantic_core import from_json
from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.sessions import call
from backend.neighbours.schemas import NeighbourOut, UncollectedOut


async def suggestions(
    session: AsyncSession, shop_id: UUID | None, territory: str | None, after: tuple[int, UUID] | None, limit: int
) -> list[NeighbourOut]:
    """Return up to `limit + 1` neighbours of a shop, or without one of the caller's association, the best first.

    The database raises NotAllowed, WhichAssociation, ShopNotFound, TerritoryNotFound.
    """
    score, beyond = after or (None, None)
    found = await call(
        session,
        "neighbour_suggestions",
        shop=shop_id,
        territory=territory,
        after_score=score,
        after_id=beyond,
        most=limit + 1,
    )
    return [NeighbourOut.model_validate(one) for one in _parsed(found)]


async def uncollected(session: AsyncSession, territory: str, after: str, limit: int) -> list[UncollectedOut]:
    """Return up to `limit + 1` communes of a territory with what nobody collects there, by INSEE code.

    The database raises TerritoryNotFound.
    """
    found = await call(session, "uncollected", territory=territory, after_code=after, most=limit + 1)
    return [UncollectedOut.model_validate(one) for one in _parsed(found)]


def _parsed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else list(from_json(found))
