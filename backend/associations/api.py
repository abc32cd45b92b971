"""Associations over HTTP: find them, edit your own, read its figures."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from backend.associations import actions, queries
from backend.associations.problems import (
    WHICH,
    AssociationNotFound,
    AssociationNumberFixed,
    AssociationNumberInvalid,
    AssociationNumberMissing,
    AssociationNumberTaken,
    AssociationOutsideTerritory,
    AssociationZoneFixed,
    PeriodInvalid,
)
from backend.associations.schemas import (
    Activity,
    AssociationEdit,
    AssociationFound,
    AssociationPage,
    Figures,
    OwnAssociation,
)
from backend.database.sessions import ActsDep, AsAssociationMember
from backend.files.csv_writer import csv_of
from backend.http.etags import IfMatch, etag
from backend.http.paging import After, Limit, Page, cursor_key
from backend.http.routing import Router
from backend.identity.callers import also_at_kiosks
from backend.places.problems import OneSearchOnly
from backend.places.searching import (
    BEST,
    BY_DISTANCE,
    BY_MATCH,
    BY_NAME,
    FIRST,
    NEAREST,
    NameAsked,
    NearAsked,
    found_page,
)
from backend.problems.common import CursorInvalid, PreconditionFailed
from backend.problems.problem import language_of, may_answer
from backend.shops.communes import CommuneAsked
from backend.shops.problems import PagePhotoUnknown

router = Router(tags=["associations"])

# No cache keeps an association that has chosen to be secret.
NOT_KEPT = {"Cache-Control": "no-store", "Vary": "Accept-Language"}
CSV = "text/csv"
HEADER = (
    "Mois",
    "Personnes inscrites",
    "Portions réservées",
    "Portions retirées",
    "Portions non retirées",
    "Nourriture (kg)",
    "Repas",
)

_MONTH = {"pattern": r"^20[0-9]{2}-(0[1-9]|1[0-2])$"}
Since = Annotated[
    str | None,
    Query(alias="from", description="The first month; by default, a year is shown.", examples=["2026-01"], **_MONTH),
]
Until = Annotated[
    str | None, Query(alias="to", description="The last month; by default, this month.", examples=["2026-11"], **_MONTH)
]


@router.get("/associations", responses=may_answer(CursorInvalid, OneSearchOnly))
@also_at_kiosks
async def find_associations(
    acts: ActsDep,
    response: Response,
    near: NearAsked = None,
    q: NameAsked = None,
    insee: CommuneAsked = None,
    limit: Limit = 20,
    after: After = None,
) -> Page[AssociationFound]:
    """Find public associations by one of `near`, `q` and `insee`, or list all of them by name.

    An association is public if it chooses so and is verified. `near` answers with the nearest first; `q` with those
    whose name is or begins with the text, then those of which a later word does; `insee` with those of a commune by
    name.
    """
    if sum(asked is not None for asked in (near, q, insee)) > 1:
        raise OneSearchOnly
    response.headers.update(NOT_KEPT)
    if near is not None:
        by_distance = cursor_key(after, BY_DISTANCE) if after else NEAREST
        return found_page(
            AssociationFound, await queries.associations_near(acts, near, by_distance, limit), limit, "distance", "id"
        )
    if insee is not None:
        by_name = cursor_key(after, BY_NAME) if after else FIRST
        return found_page(
            AssociationFound, await queries.associations_in(acts, insee, by_name, limit), limit, "key", "id"
        )
    by_match = cursor_key(after, BY_MATCH) if after else BEST
    return found_page(
        AssociationFound, await queries.associations_named(acts, q, by_match, limit), limit, "rank", "key", "id"
    )


@router.get("/associations/me", responses=may_answer(*WHICH))
async def read_own_association(session: AsAssociationMember, response: Response) -> OwnAssociation:
    """Read the association that you work for."""
    found, version = await queries.own_association(session)
    response.headers["ETag"] = etag(version)
    return found


@router.patch(
    "/associations/me",
    responses=may_answer(
        *WHICH,
        AssociationNumberInvalid,
        AssociationNumberMissing,
        AssociationNumberFixed,
        AssociationNumberTaken,
        AssociationZoneFixed,
        AssociationOutsideTerritory,
        PagePhotoUnknown,
        PreconditionFailed,
    ),
)
async def edit_own_association(
    wanted: AssociationEdit, session: AsAssociationMember, if_match: IfMatch, response: Response
) -> OwnAssociation:
    """Edit an association that you own, and what its page says.

    An admin verifies it by its RNA or SIRET. Once verified, it keeps the numbers by which it was verified, and
    the time zone of its commune. A rejected association that corrects its name or numbers is looked at again.
    """
    await actions.edit_association(session, wanted, if_match)
    found, version = await queries.own_association(session)
    response.headers["ETag"] = etag(version)
    return found


@router.get("/associations/me/figures", responses=may_answer(*WHICH))
async def read_figures(session: AsAssociationMember) -> Figures:
    """Count the people whom your association has enrolled."""
    return await queries.figures(session)


@router.get("/associations/me/activity", responses=may_answer(*WHICH, PeriodInvalid))
async def read_activity(session: AsAssociationMember, since: Since = None, until: Until = None) -> Activity:
    """Read what the people of your association reserved and collected, by month.

    You get sums, never the figures of one person. A sum is null when it is about fewer than 11 people, and until its
    month is over: otherwise the difference before and after a pickup would show what one person collected.
    """
    return Activity(months=await queries.activity(session, _month(since), _month(until)))


@router.get(
    "/associations/me/activity.csv",
    response_class=Response,
    responses={
        200: {
            "description": "The same as CSV for a spreadsheet: UTF-8 with byte order mark, semicolons, French headers.",
            "content": {CSV: {"schema": {"type": "string"}}},
        },
        **may_answer(*WHICH, PeriodInvalid),
    },
)
async def export_activity(session: AsAssociationMember, since: Since = None, until: Until = None) -> Response:
    """Download the activity of your association as a spreadsheet."""
    months = await queries.activity(session, _month(since), _month(until))
    rows = ((m.month, m.enrolled, m.reserved, m.collected, m.no_shows, m.food_kg, m.meals) for m in months)
    headers = {"Content-Disposition": 'attachment; filename="activite.csv"'}
    return Response(csv_of(HEADER, rows), headers=headers, media_type=f"{CSV}; charset=utf-8")


@router.get("/associations/{association_id}", responses=may_answer(AssociationNotFound))
@also_at_kiosks
async def read_association(
    association_id: UUID, acts: ActsDep, request: Request, response: Response
) -> AssociationPage:
    """Read the page of a public association.

    Whoever asks gets the same answer. One that is not public is answered like one that does not exist.
    """
    response.headers.update(NOT_KEPT)
    return await queries.association_page(acts, association_id, language_of(request.scope))


def _month(text: str | None) -> date | None:
    return date.fromisoformat(f"{text}-01") if text else None
