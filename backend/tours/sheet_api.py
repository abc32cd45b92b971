"""Sheets of tours over HTTP: all of a tour, as JSON and on paper."""

import json
from typing import Annotated, Any
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.associations.documents import PDF, SIGNED
from backend.associations.problems import DocumentNotPdf, DocumentStoreUnavailable, DocumentTooLarge
from backend.database.sessions import call, caller_in, database, require_role, signed_in_as
from backend.files.store import FileStore
from backend.http.rate_limits import spend
from backend.http.routing import Router
from backend.http.schemas import In
from backend.http.uploads import documented_upload, uploaded
from backend.identity.callers import caller
from backend.identity.tokens import Role
from backend.problems.problem import may_answer
from backend.settings import settings
from backend.tours.models import SignedSheet
from backend.tours.problems import SheetNotSigned, TourNotFound
from backend.tours.problems_of_planning import TourNotBegun
from backend.tours.sheet import sheet_pdf
from backend.tours.sheet_schemas import SheetOut
from backend.tours.signed_sheets import keep_sheet

router = Router(tags=["tours"])

ON_TOUR = (Role.COLLECTOR, Role.ASSOCIATION, Role.ADMIN)
AsOnTour = Annotated[AsyncSession, signed_in_as(*ON_TOUR, or_member_of="association")]
SHEETS = "30/minute"
UPLOAD = documented_upload(
    ["sheet"],
    {
        "sheet": {
            "type": "string",
            "format": "binary",
            "description": "A PDF file or a photo of at most 10 MB.",
        }
    },
)


class NothingBeside(In):
    """No field beside the file."""


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


@router.put(
    "/tours/{tour_id}/signed-sheet",
    status_code=204,
    response_class=Response,
    openapi_extra=UPLOAD,
    responses=may_answer(TourNotFound, TourNotBegun, DocumentNotPdf, DocumentTooLarge, DocumentStoreUnavailable),
)
async def keep_signed_sheet(tour_id: UUID, request: Request) -> Response:
    """Upload the signed sheet of a tour that has begun, as its collector or operator; it replaces an earlier one.

    A photo becomes a PDF file without its metadata.
    """
    account_id = await caller(request)
    await spend(request.scope, "signed-sheets", SHEETS, str(account_id))
    opened = await database(request)
    async with opened.session(account_id) as session, session.begin():
        await require_role(session, *ON_TOUR, or_member_of="association")
        await call(session, "begin_signed_sheet", tour=tour_id)
    async with uploaded(request, "sheet", NothingBeside) as (file, _):
        await keep_sheet(opened, request.app.state.documents, account_id, tour_id, file)
    return Response(status_code=204)


@router.get(
    "/tours/{tour_id}/signed-sheet",
    response_class=Response,
    openapi_extra={"security": [{"bearer": []}]},
    responses=_PDF | may_answer(SheetNotSigned, DocumentStoreUnavailable),
)
async def read_signed_sheet(tour_id: UUID, request: Request) -> Response:
    """Download the signed sheet of a tour that you drive or your association plans."""
    async with (await database(request)).session(await caller(request)) as session, session.begin():
        await require_role(session, *ON_TOUR, or_member_of="association")
        sheet = col(SignedSheet.tour_id)
        kept = select(sheet).where(sheet == tour_id, col(SignedSheet.bytes).is_not(None))
        if (await session.execute(kept)).first() is None:
            raise SheetNotSigned
    # No transaction is open while the store is asked.
    store: FileStore = request.app.state.documents
    document = await store.read(tour_id, SIGNED)
    if document is None:
        raise DocumentStoreUnavailable
    headers = {"Content-Disposition": 'attachment; filename="feuille-signee.pdf"', "Cache-Control": "no-store"}
    return Response(document, headers=headers, media_type=PDF)


async def _sheet(session: AsyncSession, tour_id: UUID) -> SheetOut:
    found = await call(session, "tour_sheet", tour=tour_id)
    if found is None:
        raise TourNotFound
    return SheetOut.model_validate(found if isinstance(found, dict) else json.loads(found))
