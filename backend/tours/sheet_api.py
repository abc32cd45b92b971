"""Sheets of tours over HTTP: all of a tour, as JSON and on paper."""

import json
from typing import Annotated, Any
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.sessions import call, caller_in, signed_in_as
from backend.http.rate_limits import spend
from backend.http.routing import Router
from backend.identity.tokens import Role
from backend.problems.problem import may_answer
from backend.settings import settings
from backend.tours.problems import TourNotFound
from backend.tours.sheet import sheet_pdf
from backend.tours.sheet_schemas import SheetOut

router = Router(tags=["tours"])

AsOnTour = Annotated[
    AsyncSession, signed_in_as(Role.COLLECTOR, Role.ASSOCIATION, Role.ADMIN, or_member_of="association")
]
SHEETS = "30/minute"
_PDF: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A4 landscape, in French.",
        "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("/tours/{tour_id}/sheet", responses=may_answer(TourNotFound))
async def read_sheet(tour_id: UUID, session: AsOnTour) -> SheetOut:
    """Read all of a tour that you drive or your association plans: its stops, and each item to take and to leave."""
    return await _sheet(session, tour_id)


@router.get("/tours/{tour_id}/sheet.pdf", response_class=Response, responses=_PDF | may_answer(TourNotFound))
async def print_sheet(tour_id: UUID, request: Request, session: AsOnTour) -> Response:
    """Print a tour's sheet: where to be when, what to take and to leave, and room for signatures and corrections."""
    await spend(request.scope, "tour-sheets", SHEETS, str(caller_in(session)))
    sheet = await _sheet(session, tour_id)
    await session.commit()  # typesetting is slow, and should hold no connection
    pdf = await sheet_pdf(sheet, settings().public_url)
    headers = {
        "Content-Disposition": f'inline; filename="tournee-{sheet.day}.pdf"',
        "Cache-Control": "no-store",
    }
    return Response(pdf, media_type="application/pdf", headers=headers)


async def _sheet(session: AsyncSession, tour_id: UUID) -> SheetOut:
    found = await call(session, "tour_sheet", tour=tour_id)
    if found is None:
        raise TourNotFound
    return SheetOut.model_validate(found if isinstance(found, dict) else json.loads(found))
