"""Reads of collections, for those who take part in them."""

from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from backend.collections.models import CollectionStatus
from backend.collections.problems import CollectionNotFound
from backend.collections.schemas import CollectionDetail, CollectionOut
from backend.database.sessions import call

_LIST = TypeAdapter(list[CollectionOut])


async def collection(session: AsyncSession, collection_id: UUID) -> CollectionDetail:
    """Return a collection that the caller takes part in, with its history. Raises CollectionNotFound."""
    found: str | None = await call(session, "collection_shown", collection=collection_id)
    if found is None:
        raise CollectionNotFound
    return CollectionDetail.model_validate_json(found)


async def collections(
    session: AsyncSession,
    status: CollectionStatus | None,
    shop: UUID | None,
    association: UUID | None,
    before: UUID | None,
    limit: int,
) -> list[CollectionOut]:
    """Return up to `limit + 1` collections that the caller takes part in, newest first."""
    found: str = await call(
        session,
        "collections_shown",
        wanted_status=status,
        wanted_shop=shop,
        wanted_association=association,
        beyond=before,
        most=limit + 1,
    )
    return _LIST.validate_json(found)
