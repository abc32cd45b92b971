"""Ask for collections, and decide about them. The database keeps the rules on who may, on stock and on food dates."""

import json
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.collections import queries
from backend.collections.schemas import CollectionDetail, CollectionIn, PostponeIn
from backend.database.sessions import call


async def ask_collection(session: AsyncSession, wanted: CollectionIn) -> CollectionDetail:
    """Ask to have food of a shop collected.

    The database raises ShopNotFound, ShopNotVerified, AssociationNotFound, LotNotFound, LotClosed, LotRecalled,
    AlcoholOffered, PastUseBy, UseByTooNear, and the problems of collections.
    """
    asked: UUID = await call(
        session,
        "ask_collection",
        shop=wanted.shop_id,
        association=wanted.association_id,
        wanted_lots=json.dumps([lot.model_dump(mode="json") for lot in wanted.lots]),
        wanted_items=json.dumps([item.stored() for item in wanted.items]),
        starts=wanted.window_start,
        ends=wanted.window_end,
        note=wanted.notes,
    )
    return await queries.collection(session, asked)


async def accept_collection(
    session: AsyncSession, collection_id: UUID, association_id: UUID | None, versions: list[int] | None
) -> CollectionDetail:
    """Accept a collection, as its operator. The database raises what its act says."""
    await call(session, "accept_collection", collection=collection_id, association=association_id, versions=versions)
    return await queries.collection(session, collection_id)


async def refuse_collection(
    session: AsyncSession, collection_id: UUID, reason: str, versions: list[int] | None
) -> CollectionDetail:
    """Refuse a collection, as its operator, who may not see it any more. The database raises what its act says."""
    seen: str = await call(session, "refuse_collection", collection=collection_id, why=reason, versions=versions)
    return CollectionDetail.model_validate_json(seen)


async def postpone_collection(
    session: AsyncSession, collection_id: UUID, wanted: PostponeIn, versions: list[int] | None
) -> CollectionDetail:
    """Move a collection to another window. The database raises what its act says."""
    await call(
        session,
        "postpone_collection",
        collection=collection_id,
        starts=wanted.window_start,
        ends=wanted.window_end,
        why=wanted.reason,
        versions=versions,
    )
    return await queries.collection(session, collection_id)


async def cancel_collection(
    session: AsyncSession, collection_id: UUID, reason: str, versions: list[int] | None
) -> CollectionDetail:
    """Cancel a collection that nobody has taken yet. The database raises what its act says."""
    await call(session, "cancel_collection", collection=collection_id, why=reason, versions=versions)
    return await queries.collection(session, collection_id)
