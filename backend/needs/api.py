"""Needs and offers of associations, suggested receivers of a collection, and usual leftovers, over HTTP."""

from uuid import UUID

from fastapi import Response

from backend.associations.problems import WHICH
from backend.collections.problems import CollectionNotFound, CollectionTooMuch, CollectionWindowInvalid
from backend.collections.schemas import CollectionDetail
from backend.database.sessions import AsAssociation, AsAssociationMember, AsShopMember, SignedIn
from backend.http.etags import IfMatch, etag
from backend.http.idempotency import OnceDep
from backend.http.routing import Router
from backend.lots.problems import AlcoholOffered, LotRecalled, PastUseBy
from backend.needs import actions, queries
from backend.needs.problems import NeedsColdInvalid, NeedsHoursInvalid, NeedsLackInvalid, NeedsUnknown
from backend.needs.schemas import NeedsIn, NeedsOut, OfferIn, Suggestions, UsualLeftovers
from backend.problems.common import PreconditionFailed
from backend.problems.problem import may_answer
from backend.shops.problems import ShopNotFound

router = Router(tags=["collections"])


@router.get("/associations/me/needs", responses=may_answer(*WHICH, NeedsUnknown))
async def read_own_needs(session: AsAssociationMember, response: Response) -> NeedsOut:
    """Read what your association takes."""
    found, version = await queries.own_needs(session)
    response.headers["ETag"] = etag(version)
    return found


@router.put(
    "/associations/me/needs",
    responses=may_answer(*WHICH, NeedsHoursInvalid, NeedsLackInvalid, NeedsColdInvalid, PreconditionFailed),
)
async def set_own_needs(wanted: NeedsIn, session: AsAssociation, if_match: IfMatch, response: Response) -> NeedsOut:
    """Say what your association takes: categories, days, grams, cold storage, and from how far.

    Collections that fit are offered to it, the best fit first.
    """
    await actions.set_needs(session, wanted, if_match)
    found, version = await queries.own_needs(session)
    response.headers["ETag"] = etag(version)
    return found


@router.get("/collections/{collection_id}/suggestions", responses=may_answer(CollectionNotFound))
async def suggest_receivers(collection_id: UUID, session: SignedIn, response: Response) -> Suggestions:
    """List the associations that could receive a collection, the best first, with the reasons.

    For admins, and for the association that it is offered to or that accepted it. An association that is not public is
    named to admins alone.
    """
    response.headers["Cache-Control"] = "no-store"
    return await queries.suggestions(session, collection_id)


@router.post(
    "/associations/me/offers",
    status_code=201,
    responses=may_answer(*WHICH, AlcoholOffered, LotRecalled, PastUseBy, CollectionTooMuch, CollectionWindowInvalid),
)
async def offer_surplus(wanted: OfferIn, session: AsAssociation, once: OnceDep) -> CollectionDetail:
    """Offer other associations what yours has too much of.

    It becomes a collection from where your association is, offered to the association that it fits best; if it fits
    none, an admin decides. You can cancel it until somebody comes.
    """
    return await once(session, actions.offer_surplus(session, wanted), 201, {"ETag": etag(1)})


@router.get("/shops/{shop_id}/usual-leftovers", responses=may_answer(ShopNotFound))
async def read_usual_leftovers(shop_id: UUID, session: AsShopMember) -> UsualLeftovers:
    """Read what your shop usually has left on each day of the week, to propose it when you ask for a collection."""
    return await queries.usual_leftovers(session, shop_id)
