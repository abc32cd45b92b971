"""Chains of custody and receptions over HTTP."""

from typing import Any
from uuid import UUID

from backend.collections.problems import CollectionNotFound
from backend.custody import actions, queries
from backend.custody.problems import (
    AlreadyReceived,
    CollectionOver,
    ItemFrozen,
    MoreThanAccepted,
    MoreThanTaken,
    NothingReceived,
    OutcomeOfWrongDay,
    ReceptionItemUnknown,
    ReceptionTooEarly,
    RefusalWithoutReason,
    TooWarm,
    WeightMissing,
)
from backend.custody.schemas import OutcomeIn, OutcomeOut, ReceptionIn, ReceptionOut, Trace
from backend.database.sessions import AsEnroller, SignedIn
from backend.http.idempotency import OnceDep
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


@router.post(
    "/collections/{collection_id}/reception",
    responses=may_answer(
        CollectionNotFound,
        AlreadyReceived,
        ReceptionTooEarly,
        CollectionOver,
        ItemFrozen,
        TooWarm,
        ReceptionItemUnknown,
        MoreThanTaken,
        RefusalWithoutReason,
        WeightMissing,
    ),
)
async def receive_collection(
    collection_id: UUID, wanted: ReceptionIn, session: AsEnroller, once: OnceDep
) -> ReceptionOut:
    """Receive a collection for an association where you are owner or staff, once: accept and refuse what it brought.

    What you accept counts as impact, less the transport. It does not change any more.
    """
    return await once(session, actions.receive_collection(session, collection_id, wanted), 200)


@router.get("/collections/{collection_id}/reception", responses=may_answer(CollectionNotFound, NothingReceived))
async def read_reception(collection_id: UUID, session: SignedIn) -> ReceptionOut:
    """Read what was accepted of a collection that concerns you, what became of it, and its impact."""
    return await queries.reception(session, collection_id)


@router.post(
    "/collections/{collection_id}/outcomes",
    status_code=201,
    responses=may_answer(CollectionNotFound, NothingReceived, MoreThanAccepted, OutcomeOfWrongDay),
)
async def declare_outcome(collection_id: UUID, wanted: OutcomeIn, session: AsEnroller, once: OnceDep) -> OutcomeOut:
    """Declare what you distributed or lost of what you accepted of a collection. Never more than you accepted."""
    return await once(session, actions.declare_outcome(session, collection_id, wanted), 201)


@router.get("/collections/{collection_id}/outcomes", responses=may_answer(CollectionNotFound))
async def list_outcomes(collection_id: UUID, session: SignedIn) -> Page[OutcomeOut]:
    """List what was declared of a collection that concerns you, oldest first."""
    return Page(data=await queries.outcomes(session, collection_id), has_more=False, next=None)
