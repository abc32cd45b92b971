"""What associations take, and who should receive a collection, over HTTP."""

from uuid import UUID

from fastapi import Response

from backend.associations.problems import WHICH
from backend.collections.problems import CollectionNotFound
from backend.database.sessions import AsAssociation, AsAssociationMember, SignedIn
from backend.http.etags import IfMatch, etag
from backend.http.routing import Router
from backend.needs import actions, queries
from backend.needs.problems import NeedsColdInvalid, NeedsHoursInvalid, NeedsLackInvalid, NeedsUnknown
from backend.needs.schemas import NeedsIn, NeedsOut, Suggestions
from backend.problems.common import PreconditionFailed
from backend.problems.problem import may_answer

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
