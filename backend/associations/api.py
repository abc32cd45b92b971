"""Associations over HTTP: find them, edit your own, read its figures."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from backend.associations import actions, queries
from backend.associations.problems import (
    WHICH,
    AssociationNumberFixed,
    AssociationNumberInvalid,
    AssociationNumberMissing,
    AssociationNumberTaken,
    AssociationZoneFixed,
    PeriodInvalid,
)
from backend.associations.schemas import Activity, AssociationEdit, AssociationListed, Figures, OwnAssociation
from backend.database.sessions import AsAssociationMember, signed_in_as
from backend.files.csv_writer import csv_of
from backend.http.etags import IfMatch, etag
from backend.http.paging import After, Limit, Page, cursor_key, page_of
from backend.http.routing import Router
from backend.identity.tokens import Role
from backend.problems.common import CursorInvalid, PreconditionFailed
from backend.problems.problem import may_answer
from backend.shops.communes import InseeCode

router = Router(tags=["associations"])

AsPartner = Annotated[AsyncSession, signed_in_as(Role.MERCHANT, Role.ASSOCIATION, Role.ADMIN, or_member_of="either")]
CURSOR = TypeAdapter(tuple[UUID])
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


@router.get("/associations", responses=may_answer(CursorInvalid))
async def find_associations(
    session: AsPartner,
    q: Annotated[str | None, Query(max_length=100, description="Part of the name.", examples=["paniers"])] = None,
    insee_code: Annotated[InseeCode | None, Query(examples=["67482"])] = None,
    limit: Limit = 20,
    after: After = None,
) -> Page[AssociationListed]:
    """Find verified associations, as a merchant, an association or an admin."""
    beyond = cursor_key(after, CURSOR)[0] if after else None
    found = await queries.verified_associations(session, q, insee_code, beyond, limit)
    return page_of(found, limit, lambda association: (association.id,))


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
        PreconditionFailed,
    ),
)
async def edit_own_association(
    wanted: AssociationEdit, session: AsAssociationMember, if_match: IfMatch, response: Response
) -> OwnAssociation:
    """Edit an association that you own.

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


def _month(text: str | None) -> date | None:
    return date.fromisoformat(f"{text}-01") if text else None
