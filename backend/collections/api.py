"""Collections over HTTP: a shop asks, an association or an admin decides."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import TypeAdapter

from backend.associations.problems import AssociationNotFound
from backend.collections import actions, queries
from backend.collections.models import CollectionStatus
from backend.collections.problems import (
    OVER,
    TAKEN,
    CollectionAccepted,
    CollectionEmpty,
    CollectionNoAgreement,
    CollectionNoAssociation,
    CollectionNotFound,
    CollectionScheduled,
    CollectionTooFewLeft,
    CollectionTooMuch,
    CollectionWindowInvalid,
    CollectionWindowOver,
)
from backend.collections.schemas import (
    SHOP,
    AcceptIn,
    CollectionDetail,
    CollectionIn,
    CollectionOut,
    PostponeIn,
    ReasonIn,
)
from backend.database.sessions import AsShopMember, SignedIn
from backend.http.etags import IfMatch, etag
from backend.http.idempotency import OnceDep
from backend.http.paging import After, Limit, Page, cursor_key, page_of
from backend.http.routing import Router
from backend.lots.problems import AlcoholOffered, LotClosed, LotNotFound, LotRecalled, PastUseBy, UseByTooNear
from backend.problems.common import CursorInvalid, NotAllowed, PreconditionFailed
from backend.problems.problem import may_answer
from backend.shops.problems import ShopNotFound, ShopNotVerified

router = Router(tags=["collections"])

CURSOR = TypeAdapter(tuple[UUID])
FOOD = (PastUseBy, UseByTooNear)
DECIDED = (CollectionNotFound, NotAllowed, PreconditionFailed, *TAKEN, *OVER)


@router.post(
    "/collections",
    status_code=201,
    responses=may_answer(
        ShopNotFound,
        ShopNotVerified,
        AssociationNotFound,
        LotNotFound,
        LotClosed,
        LotRecalled,
        AlcoholOffered,
        *FOOD,
        CollectionEmpty,
        CollectionNoAgreement,
        CollectionTooFewLeft,
        CollectionTooMuch,
        CollectionWindowInvalid,
    ),
)
async def ask_collection(wanted: CollectionIn, session: AsShopMember, once: OnceDep) -> CollectionDetail:
    """Ask to have unsold food of your shop collected.

    Portions of lots that are on sale are not for sale any more from now on. What an association receives must be good
    for 48 hours at takeover, unless it has declared that it distributes in time.
    """
    return await once(session, actions.ask_collection(session, wanted), 201, {"ETag": etag(1)})


@router.get("/collections", responses=may_answer(CursorInvalid))
async def list_collections(
    session: SignedIn,
    status: Annotated[CollectionStatus | None, Query(examples=["requested"])] = None,
    shop: Annotated[UUID | None, Query(description="Only what leaves this shop.", examples=[SHOP])] = None,
    association: Annotated[
        UUID | None, Query(description="Only what this association receives or gives.", examples=[SHOP])
    ] = None,
    limit: Limit = 20,
    after: After = None,
) -> Page[CollectionOut]:
    """List the collections that you take part in, newest first; as an admin, all.

    They are those of your shops and associations, and those in your tours.
    """
    before = cursor_key(after, CURSOR)[0] if after else None
    found = await queries.collections(session, status, shop, association, before, limit)
    return page_of(found, limit, lambda collection: (collection.id,))


@router.get("/collections/{collection_id}", responses=may_answer(CollectionNotFound))
async def read_collection(collection_id: UUID, session: SignedIn, response: Response) -> CollectionDetail:
    """Read a collection that you take part in, with its history."""
    return _tagged(await queries.collection(session, collection_id), response)


@router.post(
    "/collections/{collection_id}/accept",
    responses=may_answer(
        *DECIDED,
        AssociationNotFound,
        CollectionAccepted,
        CollectionScheduled,
        CollectionNoAgreement,
        CollectionNoAssociation,
        CollectionWindowOver,
        *FOOD,
    ),
)
async def accept_collection(
    collection_id: UUID, wanted: AcceptIn, session: SignedIn, if_match: IfMatch, once: OnceDep
) -> CollectionDetail:
    """Accept a collection, as the association that it is offered to, or as an admin for an association."""
    return await once(session, actions.accept_collection(session, collection_id, wanted.association_id, if_match), 200)


@router.post(
    "/collections/{collection_id}/refuse", responses=may_answer(*DECIDED, CollectionAccepted, CollectionScheduled)
)
async def refuse_collection(
    collection_id: UUID, wanted: ReasonIn, session: SignedIn, if_match: IfMatch, once: OnceDep
) -> CollectionDetail:
    """Refuse a collection that is offered to your association, or any as an admin.

    Its portions go back to their lots. The shop reads your reason.
    """
    return await once(session, actions.refuse_collection(session, collection_id, wanted.reason, if_match), 200)


@router.post("/collections/{collection_id}/postpone", responses=may_answer(*DECIDED, CollectionWindowInvalid, *FOOD))
async def postpone_collection(
    collection_id: UUID, wanted: PostponeIn, session: SignedIn, if_match: IfMatch, once: OnceDep
) -> CollectionDetail:
    """Move a collection to another window, as its operator, or as its giver while nobody has accepted it.

    One that is in a tour leaves it, and waits for another.
    """
    return await once(session, actions.postpone_collection(session, collection_id, wanted, if_match), 200)


@router.post("/collections/{collection_id}/cancel", responses=may_answer(*DECIDED))
async def cancel_collection(
    collection_id: UUID, wanted: ReasonIn, session: SignedIn, if_match: IfMatch, once: OnceDep
) -> CollectionDetail:
    """Cancel a collection that nobody has taken yet, as who gives or as its operator.

    Its portions go back to their lots: on sale again where a lot is still on offer.
    """
    return await once(session, actions.cancel_collection(session, collection_id, wanted.reason, if_match), 200)


def _tagged(found: CollectionDetail, response: Response) -> CollectionDetail:
    response.headers["ETag"] = etag(found.version)
    return found
