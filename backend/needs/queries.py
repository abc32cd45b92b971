"""Reads of what associations take, and of who should receive a collection."""

from uuid import UUID

from pydantic_core import from_json
from sqlalchemy.ext.asyncio import AsyncSession

from backend.associations.queries import require_association
from backend.database.sessions import call
from backend.needs.models import AssociationNeeds
from backend.needs.problems import NeedsUnknown
from backend.needs.schemas import NeedsOut, Suggestions, UsualLeftovers


async def own_needs(session: AsyncSession) -> tuple[NeedsOut, int]:
    """Return what the caller's association takes, with its version.

    Raises AssociationNotFound, NeedsUnknown; the database raises WhichAssociation.
    """
    own = await require_association(session, "reader")
    found = await session.get(AssociationNeeds, own, populate_existing=True)
    if found is None:
        raise NeedsUnknown
    return NeedsOut.model_validate(found), found.version


async def suggestions(session: AsyncSession, collection_id: UUID) -> Suggestions:
    """Return who should receive a collection. The database raises CollectionNotFound."""
    found = await call(session, "collection_suggestions", collection=collection_id)
    return Suggestions.model_validate({"data": found if isinstance(found, list) else from_json(found)})


async def usual_leftovers(session: AsyncSession, shop_id: UUID) -> UsualLeftovers:
    """Return what a shop of the caller usually has left. The database raises ShopNotFound."""
    found = await call(session, "usual_leftovers", shop=shop_id)
    return UsualLeftovers.model_validate(found if isinstance(found, dict) else from_json(found))
