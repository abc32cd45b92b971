"""Report a problem with a pickup, answer a report for its shop, decide it as an admin, and resume a paused shop."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.sessions import call
from backend.problem_reports import queries
from backend.problem_reports.schemas import ReportAnswerIn, ReportDecisionIn, ReportIn, ReportOut
from backend.shops.queries import own_shop
from backend.shops.schemas import OwnShop

WHOLE = 100


async def report_problem(session: AsyncSession, reservation_id: UUID, wanted: ReportIn) -> ReportOut:
    """Report a problem with a reservation of the caller's.

    The database raises ReservationNotFound, ReservationOver, ReportExists, ReportTooEarly, ReportTooLate,
    ReportKindDoesNotFit, ReportPhotoUnknown.
    """
    made: UUID = await call(
        session,
        "report_problem",
        reservation=reservation_id,
        wanted_kind=wanted.kind,
        said=wanted.text,
        photo=wanted.photo_id,
    )
    return await queries.report(session, made)


async def answer_problem(session: AsyncSession, report_id: UUID, wanted: ReportAnswerIn) -> ReportOut:
    """Answer a report for its shop.

    The database raises ReportNotFound, NotAllowed, ReportAnswered, ReportWithAdmins.
    """
    await call(
        session,
        "answer_problem",
        report=report_id,
        wanted_outcome=wanted.outcome,
        wanted_share=_share(wanted),
        said=wanted.text,
    )
    return await queries.report(session, report_id)


async def decide_problem(session: AsyncSession, report_id: UUID, wanted: ReportDecisionIn) -> ReportOut:
    """Decide a report as an admin, and withdraw its lot if a reason is given.

    The database raises ReportNotFound, ReportAnswered, ReportDecided, NothingPaid, LotClosed (if it ends just now).
    """
    await call(
        session,
        "decide_problem",
        report=report_id,
        wanted_outcome=wanted.outcome,
        wanted_share=_share(wanted),
        said=wanted.text,
        freeze_because=wanted.freeze_reason,
    )
    return await queries.report(session, report_id)


async def resume_shop(session: AsyncSession, shop_id: UUID) -> OwnShop:
    """Offer a shop's lots again that reports of a closed door paused. The database raises ShopNotFound."""
    await call(session, "resume_shop", shop=shop_id)
    return await own_shop(session, shop_id)


def _share(wanted: ReportAnswerIn | ReportDecisionIn) -> int | None:
    return (wanted.share or WHOLE) if wanted.outcome == "give_back" else None
