"""Receive collections, and declare what became of them."""

import json
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.custody import queries
from backend.custody.models import CollectionOutcome
from backend.custody.schemas import OutcomeIn, OutcomeOut, ReceptionIn, ReceptionOut
from backend.database.sessions import call


async def receive_collection(session: AsyncSession, collection_id: UUID, wanted: ReceptionIn) -> ReceptionOut:
    """Note what an association accepts of a collection, and count its impact.

    The database raises CollectionNotFound, AlreadyReceived, ReceptionTooEarly, CollectionOver, ItemFrozen, TooWarm,
    ReceptionItemUnknown, MoreThanTaken, RefusalWithoutReason, WeightMissing.
    """
    items = [
        {"item_id": str(item.item_id), "refused_because": item.refused_because, **item.amounts()}
        for item in wanted.items
    ]
    await call(session, "receive_collection", collection=collection_id, items=json.dumps(items), degrees=wanted.degrees)
    return await queries.reception(session, collection_id)


async def declare_outcome(session: AsyncSession, collection_id: UUID, wanted: OutcomeIn) -> OutcomeOut:
    """Declare what became of some of a reception.

    The database raises CollectionNotFound, NothingReceived, MoreThanAccepted, OutcomeOfWrongDay.
    """
    made: UUID = await call(
        session,
        "declare_outcome",
        collection=collection_id,
        outcome=wanted.outcome,
        grams=wanted.grams,
        day=wanted.day,
        note=wanted.note,
    )
    row = (await session.execute(select(CollectionOutcome).where(col(CollectionOutcome.id) == made))).scalar_one()
    return OutcomeOut.model_validate(row)
