"""Reads of problem reports: of their holder, of a shop's members, of admins; and figures for admins."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.sessions import role_in
from backend.identity.tokens import Role
from backend.problem_reports.problems import ReportNotFound
from backend.problem_reports.schemas import ReportAnswer, ReportDecision, ReportMoney, ReportOut, ShopReports, Status

_SEEN = text(
    "select * from app.problem_reports_seen(most => :most, before => :before, wanted => :wanted,"
    " only_shop => :only_shop, only_status => :only_status)"
)
_FIGURES = text(
    "select * from app.problem_report_figures(since => :since, until => :until, beyond => :beyond, most => :most)"
)


async def reports_seen(
    session: AsyncSession, limit: int, before: UUID | None, shop: UUID | None, status: Status | None
) -> Sequence[ReportOut]:
    """Return up to `limit + 1` problem reports that the caller sees, newest first; for admins those to decide.

    The database raises ShopNotFound if the caller is not a member of `shop`.
    """
    if status is None and role_in(session) is Role.ADMIN:
        status = "to_decide"
    asked = {"most": limit + 1, "before": before, "wanted": None, "only_shop": shop, "only_status": status}
    return [_shown(session, row) for row in await session.execute(_SEEN, asked)]


async def report(session: AsyncSession, report_id: UUID) -> ReportOut:
    """Return one problem report. Raises ReportNotFound."""
    asked = {"most": 1, "before": None, "wanted": report_id, "only_shop": None, "only_status": None}
    row = (await session.execute(_SEEN, asked)).one_or_none()
    if row is None:
        raise ReportNotFound
    return _shown(session, row)


async def figures(
    session: AsyncSession, since: datetime | None, until: datetime | None, beyond: UUID | None, limit: int
) -> list[ShopReports]:
    """Return the figures of up to `limit + 1` shops with reports in a time, in the order of their ids.

    Without `since` the time begins 30 days ago; without `until` it ends now.
    """
    asked = {"since": since, "until": until, "beyond": beyond, "most": limit + 1}
    return [ShopReports.model_validate(row) for row in await session.execute(_FIGURES, asked)]


def _shown(session: AsyncSession, row: Any) -> ReportOut:
    answered, decided = row.outcome is not None, row.decision is not None
    as_admin = role_in(session) is Role.ADMIN
    return ReportOut(
        id=row.id,
        reservation_id=row.reservation_id,
        lot_id=row.lot_id,
        title=row.title,
        shop_id=row.shop_id,
        shop=row.shop,
        kind=row.kind,
        text=row.words,
        photo_id=row.photo_id,
        reported_at=row.reported_at,
        answer_by=row.answer_by,
        status=row.status,
        answer=ReportAnswer(outcome=row.outcome, share=row.share, text=row.answer, at=row.answered_at)
        if answered
        else None,
        decided_at=row.decided_at,
        decision=ReportDecision(outcome=row.decision, share=row.decided_share, text=row.decision_text)
        if decided
        else None,
        money=ReportMoney(goes_to=row.goes_to, at_most_cents=row.money_cents, given_back_cents=row.given_back_cents)
        if as_admin
        else None,
    )
