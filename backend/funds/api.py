"""Funds over HTTP: for the organisation that commits one, for admins, and a shop's own totals."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Request, Response
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from backend.associations.problems import DocumentStoreUnavailable
from backend.database.sessions import AsAdmin, SecondFactorRequired, SignedIn, signed_in_as
from backend.documents.printing import read_document
from backend.funds import actions, queries
from backend.funds.papers import grants_csv, statement_csv
from backend.funds.problems import (
    FundConventionNeeded,
    FundDaysInvalid,
    FundDecided,
    FundNotFound,
    FundNotGranted,
    FundStatementNotFound,
    FundStatementPaid,
    FundTerritoryOutside,
)
from backend.funds.readers import FundReader
from backend.funds.schemas import (
    MONTH,
    FundIn,
    FundOut,
    FundPaidIn,
    FundRejectionIn,
    FundStatementOut,
    GrantCorrectionIn,
    ShopGrantOut,
)
from backend.http.idempotency import OnceDep
from backend.http.paging import After, Limit, Page, cursor_key, page_of
from backend.http.routing import Router
from backend.identity.tokens import Role
from backend.organisations.problems import OrganisationNotFound
from backend.problems.common import CursorInvalid, OutOfBounds, ScopeMissing
from backend.problems.problem import may_answer
from backend.shops.problems import ShopNotFound

router = Router(tags=["funds"])

CURSOR = TypeAdapter(tuple[UUID])
MONTHLY = TypeAdapter(tuple[date, UUID])
PDF, CSV = "application/pdf", "text/csv"
MOST_ROWS = 10_000
Month = Annotated[str, Path(pattern=MONTH, description="A month that is over.", examples=["2026-12"])]
AsOwnerOfShopOrAdmin = Annotated[AsyncSession, signed_in_as(Role.MERCHANT, Role.ADMIN, or_member_of="shop")]
"""A session of a person who works for a shop, or of an admin. The act admits only the shop's owners."""


def _file(media_type: str, description: str) -> dict[int | str, dict[str, Any]]:
    schema = {"type": "string", "format": "binary"} if media_type == PDF else {"type": "string"}
    return {200: {"description": description, "content": {media_type: {"schema": schema}}}}


@router.get("/funds", responses=may_answer(CursorInvalid, ScopeMissing))
async def list_funds(reader: FundReader, limit: Limit = 20, after: After = None) -> Page[FundOut]:
    """List the funds of the organisations that you work for, the newest first. Admins read all.

    An API client with the scope `funds:read` reads those of its organisation within its territory.

    What was granted and is left is as of the end of the last month that was stated.
    """
    beyond = cursor_key(after, CURSOR)[0] if after else None
    return page_of(
        await queries.funds(reader.session, beyond, limit, client=reader.client), limit, lambda fund: (fund.id,)
    )


@router.post(
    "/funds",
    status_code=201,
    responses=may_answer(
        OrganisationNotFound,
        FundConventionNeeded,
        FundDaysInvalid,
        FundTerritoryOutside,
        OutOfBounds,
        SecondFactorRequired,
    ),
)
async def propose_fund(wanted: FundIn, session: SignedIn, once: OnceDep) -> FundOut:
    """Propose a fund of an organisation that you own. It needs a sign-in with a second factor.

    An admin confirms it. From then on each free portion that a shop in its territory gave and that was collected is
    granted, as long as something is left. No money moves through us: you pay the shops yourself from the monthly
    statements.
    """
    return await once(session, actions.propose_fund(session, wanted), 201)


@router.get("/funds/{fund_id}", responses=may_answer(FundNotFound, ScopeMissing))
async def read_fund(fund_id: UUID, reader: FundReader) -> FundOut:
    """Read a fund of an organisation that you work for, as of the end of the last month that was stated."""
    return await queries.fund(reader.session, fund_id, client=reader.client)


@router.post("/funds/{fund_id}/end", responses=may_answer(FundNotFound, SecondFactorRequired))
async def end_fund(fund_id: UUID, session: SignedIn, once: OnceDep) -> FundOut:
    """End a fund of an organisation that you own, from tomorrow on. It needs a sign-in with a second factor.

    Food whose pickup ends today or ended before still counts. What is left then goes back to the organisation.
    """
    return await once(session, actions.end_fund(session, fund_id), 200)


@router.post(
    "/funds/{fund_id}/paid",
    responses=may_answer(FundNotFound, FundStatementNotFound, FundStatementPaid, SecondFactorRequired),
)
async def note_fund_paid(fund_id: UUID, paid: FundPaidIn, session: SignedIn, once: OnceDep) -> FundStatementOut:
    """Say that your organisation has paid a statement, to one shop or to all that it has not paid yet.

    It needs a sign-in with a second factor, and cannot be taken back. The shops read it.
    """
    return await once(session, actions.note_paid(session, fund_id, paid), 200)


@router.get(
    "/funds/{fund_id}/statements/{month}.csv",
    responses=_file(CSV, "CSV for a spreadsheet: UTF-8 with byte order mark, semicolons, French headers.")
    | may_answer(FundStatementNotFound, ScopeMissing),
    response_class=Response,
)
async def read_fund_statement_csv(fund_id: UUID, month: Month, reader: FundReader) -> Response:
    """Read a fund's statement as a table, a line a SIRET."""
    found = await queries.statement(reader.session, fund_id, month, client=reader.client)
    return _answer(statement_csv(found.out), CSV, f"fonds-{month}.csv")


@router.get(
    "/funds/{fund_id}/statements/{month}.pdf",
    responses=_file(PDF, "A4 (PDF/A-3), in French.")
    | may_answer(FundStatementNotFound, DocumentStoreUnavailable, ScopeMissing),
    response_class=Response,
)
async def read_fund_statement_pdf(fund_id: UUID, month: Month, request: Request, reader: FundReader) -> Response:
    """Read a fund's statement as it was issued. The PDF is there some minutes after the statement."""
    found = await queries.statement(reader.session, fund_id, month, client=reader.client)
    if found.sha256 is None:
        raise FundStatementNotFound
    await reader.session.commit()  # no transaction is open while the store is asked
    pdf = await read_document(request.app.state.documents, found.id, found.sha256)
    return _answer(pdf, PDF, f"fonds-{month}.pdf")


# After the two above, whose paths this one's would match.
@router.get("/funds/{fund_id}/statements/{month}", responses=may_answer(FundStatementNotFound, ScopeMissing))
async def read_fund_statement(fund_id: UUID, month: Month, reader: FundReader) -> FundStatementOut:
    """Read what a fund granted in a month, by shop. It is issued an hour after the month's end and then frozen.

    What is granted or taken back later stands in the statement of a later month.
    """
    return (await queries.statement(reader.session, fund_id, month, client=reader.client)).out


@router.post(
    "/admin/funds/{fund_id}/confirm",
    responses=may_answer(FundNotFound, FundDecided),
)
async def confirm_fund(fund_id: UUID, session: AsAdmin, once: OnceDep) -> FundOut:
    """Confirm a proposed fund. From then on it grants."""
    return await once(session, actions.decide_fund(session, fund_id, confirmed=True), 200)


@router.post("/admin/funds/{fund_id}/reject", responses=may_answer(FundNotFound, FundDecided))
async def reject_fund(fund_id: UUID, why: FundRejectionIn, session: AsAdmin, once: OnceDep) -> FundOut:
    """Reject a proposed fund, with a reason that its organisation reads."""
    return await once(session, actions.decide_fund(session, fund_id, confirmed=False, reason=why.reason), 200)


@router.post("/admin/funds/{fund_id}/corrections", responses=may_answer(FundNotFound, FundNotGranted))
async def correct_fund(fund_id: UUID, wrong: GrantCorrectionIn, session: AsAdmin, once: OnceDep) -> FundOut:
    """Take back a part of what a fund's statements granted a shop. The next statement says so."""
    return await once(session, actions.correct(session, fund_id, wrong), 200)


@router.get("/shops/{shop_id}/grants", responses=may_answer(ShopNotFound, CursorInvalid))
async def list_grants(
    shop_id: UUID, session: AsOwnerOfShopOrAdmin, limit: Limit = 20, after: After = None
) -> Page[ShopGrantOut]:
    """List what funds granted a shop that you own, one total a month and fund, the newest first.

    Each fund's organisation pays it to the shop itself.
    """
    before = cursor_key(after, MONTHLY) if after else None
    found = await queries.shop_grants(session, shop_id, before, limit)
    return page_of(found, limit, lambda grant: (queries.first_day(grant.month), grant.statement_id))


@router.get(
    "/shops/{shop_id}/grants.csv",
    responses=_file(CSV, "CSV for a spreadsheet: UTF-8 with byte order mark, semicolons, French headers.")
    | may_answer(ShopNotFound),
    response_class=Response,
)
async def export_grants(shop_id: UUID, session: AsOwnerOfShopOrAdmin) -> Response:
    """Download what funds granted a shop that you own, a line a month and fund, the newest first."""
    found = await queries.shop_grants(session, shop_id, None, MOST_ROWS)
    return _answer(grants_csv(found), CSV, "fonds.csv")


def _answer(content: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)
