"""Say what an association takes, and offer what it has too much of."""

import json
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy.ext.asyncio import AsyncSession

from backend.collections import queries as collections
from backend.collections.schemas import CollectionDetail
from backend.database.sessions import call
from backend.needs.schemas import NeedsIn, OfferIn
from backend.problems.common import PreconditionFailed


async def set_needs(session: AsyncSession, wanted: NeedsIn, versions: list[int] | None) -> None:
    """Keep what the caller's association takes, if it still is at one of these versions (None: any).

    Raises PreconditionFailed; the database raises NotAllowed, WhichAssociation, NeedsHoursInvalid, NeedsLackInvalid,
    NeedsColdInvalid.
    """
    if not await call(session, "set_needs", wanted=to_json(wanted).decode(), versions=versions):
        raise PreconditionFailed


async def offer_surplus(session: AsyncSession, wanted: OfferIn) -> CollectionDetail:
    """Offer other associations what the caller's association has too much of.

    The database raises NotAllowed, WhichAssociation, LotRecalled, AlcoholOffered, PastUseBy, CollectionTooMuch,
    CollectionWindowInvalid.
    """
    made: UUID = await call(
        session,
        "offer_surplus",
        wanted_items=json.dumps([item.stored() for item in wanted.items]),
        starts=wanted.window_start,
        ends=wanted.window_end,
        note=wanted.notes,
    )
    return await collections.collection(session, made)
