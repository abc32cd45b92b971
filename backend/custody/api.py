"""Chains of custody over HTTP."""

from typing import Any
from uuid import UUID

from backend.collections.problems import CollectionNotFound
from backend.custody import queries
from backend.custody.schemas import Trace
from backend.database.sessions import SignedIn
from backend.http.paging import Page
from backend.http.routing import Router
from backend.problems.problem import may_answer

router = Router(tags=["collections"])


@router.get("/collections/{collection_id}/trace", responses=may_answer(CollectionNotFound))
async def read_trace(collection_id: UUID, session: SignedIn) -> Trace:
    """Read who had the food of a collection that concerns you, from the shop to the association.

    Each entry is linked to the one before by its hash, so that a later change shows.
    """
    return await queries.trace(session, collection_id)


@router.get("/lots/{lot_id}/trace")
async def read_trace_of_lot(lot_id: UUID, session: SignedIn) -> Page[Trace]:
    """Read the chains of custody of what was collected from a lot, newest first, as far as it concerns you."""
    found: list[Any] = await queries.traces_of_lot(session, lot_id)
    return Page(data=found, has_more=False, next=None)
