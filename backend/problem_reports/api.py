"""Problem reports over HTTP: holders report, shops answer, admins decide, and an owner resumes a paused shop."""

from typing import Annotated
from uuid import UUID

import limits
from fastapi import Query, Request
from pydantic import TypeAdapter

from backend.database.sessions import AsAdmin, AsShopMember, SignedIn, caller_in
from backend.http.idempotency import OnceDep
from backend.http.paging import After, Limit, Page, cursor_key, page_of
from backend.http.rate_limits import spend
from backend.http.routing import Router
from backend.http.schemas import TimeAsked
from backend.identity.callers import AtKiosk, also_at_kiosks
from backend.lots.problems import LotClosed
from backend.problem_reports import actions, queries
from backend.problem_reports.problems import (
    NothingPaid,
    ReportAnswered,
    ReportDecided,
    ReportExists,
    ReportKindDoesNotFit,
    ReportNotFound,
    ReportPhotoUnknown,
    ReportTooEarly,
    ReportTooLate,
    ReportWithAdmins,
)
from backend.problem_reports.schemas import (
    ReportAnswerIn,
    ReportDecisionIn,
    ReportIn,
    ReportOut,
    ShopReports,
    Status,
)
from backend.problems.common import CursorInvalid, NotAtKiosk
from backend.problems.problem import may_answer
from backend.reservations.problems import ReservationNotFound, ReservationOver
from backend.shops.problems import ShopNotFound
from backend.shops.schemas import OwnShop

router = Router(tags=["problem reports"])

REPORTS = limits.parse("20/hour")
CURSOR = TypeAdapter(tuple[UUID])


@router.post(
    "/reservations/{reservation_id}/problem-report",
    status_code=201,
    responses=may_answer(
        ReservationNotFound,
        ReservationOver,
        ReportExists,
        ReportTooEarly,
        ReportTooLate,
        ReportKindDoesNotFit,
        ReportPhotoUnknown,
    ),
)
@also_at_kiosks
async def report_problem(
    reservation_id: UUID, wanted: ReportIn, request: Request, session: SignedIn, once: OnceDep
) -> ReportOut:
    """Report what was wrong with a reservation of yours, once.

    You have 48 hours from the pickup or, if you could not collect, from the end of the pickup window. The shop has
    72 hours to answer; then, and at once for an allergen, an admin decides. An admin can set both times.
    """
    await spend(request.scope, "problem-reports", REPORTS, str(caller_in(session)))
    return await once(session, actions.report_problem(session, reservation_id, wanted), 201)


@router.get("/problem-reports", responses=may_answer(ShopNotFound, CursorInvalid))
@also_at_kiosks
async def list_problem_reports(
    session: SignedIn,
    at_kiosk: AtKiosk,
    limit: Limit = 20,
    after: After = None,
    shop: Annotated[UUID | None, Query(description="The reports of this shop. You must work there.")] = None,
    status: Annotated[Status | None, Query(examples=["open"])] = None,
) -> Page[ReportOut]:
    """List your problem reports, newest first; as a merchant, those of your shops; as an admin, those to decide.

    With `shop`, its members list its reports, whatever their account's role. They see the same for every kind of lot.
    Admins find others by `status`.
    """
    if shop is not None and at_kiosk:
        raise NotAtKiosk
    before = cursor_key(after, CURSOR)[0] if after else None
    return page_of(await queries.reports_seen(session, limit, before, shop, status), limit, lambda found: (found.id,))


@router.get("/problem-reports/{report_id}", responses=may_answer(ReportNotFound))
@also_at_kiosks
async def read_problem_report(report_id: UUID, session: SignedIn) -> ReportOut:
    """Read a problem report of yours, or of a shop that you work for; as an admin, any."""
    return await queries.report(session, report_id)


@router.post(
    "/problem-reports/{report_id}/answer", responses=may_answer(ReportNotFound, ReportAnswered, ReportWithAdmins)
)
async def answer_problem_report(
    report_id: UUID, wanted: ReportAnswerIn, session: AsShopMember, once: OnceDep
) -> ReportOut:
    """Answer a problem report of a shop where you are owner or staff, once.

    The price, or a part of it, can be given back for every report: whoever paid gets it back. What that costs is never
    told by report. On a lot that is or became free, an admin decides whether it is given back.
    """
    return await once(session, actions.answer_problem(session, report_id, wanted), 200)


@router.post(
    "/problem-reports/{report_id}/decide",
    responses=may_answer(ReportNotFound, ReportAnswered, ReportDecided, NothingPaid, LotClosed),
)
async def decide_problem_report(
    report_id: UUID, wanted: ReportDecisionIn, session: AsAdmin, once: OnceDep
) -> ReportOut:
    """Decide a problem report that the shop has not answered, or that waits for you, once.

    The holder reads what you decide. The shop only reads that you did, so that it cannot tell who paid. With
    `freeze_reason` the lot is withdrawn, unless it is over.
    """
    return await once(session, actions.decide_problem(session, report_id, wanted), 200)


@router.get("/admin/problem-reports/figures", responses=may_answer(CursorInvalid))
async def read_problem_report_figures(
    session: AsAdmin,
    since: Annotated[
        TimeAsked | None,
        Query(alias="from", description="By default 30 days ago.", examples=["2026-07-01T00:00:00+02:00"]),
    ] = None,
    until: Annotated[TimeAsked | None, Query(alias="to", description="Before this moment; by default now.")] = None,
    limit: Limit = 20,
    after: After = None,
) -> Page[ShopReports]:
    """Read how many problems were reported at each shop in a time, and what became of them."""
    beyond = cursor_key(after, CURSOR)[0] if after else None
    found = await queries.figures(session, since, until, beyond, limit)
    return page_of(found, limit, lambda shop: (shop.shop_id,))


@router.post("/shops/{shop_id}/resume", responses=may_answer(ShopNotFound))
async def resume_shop(shop_id: UUID, session: AsShopMember, once: OnceDep) -> OwnShop:
    """Offer the lots of a shop that you own again, after three people found its door closed."""
    return await once(session, actions.resume_shop(session, shop_id), 200)
