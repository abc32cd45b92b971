"""Reads of the ledger for admins. Row-level security shows nothing of it to others."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from backend.ledger.models import LedgerAccount, LedgerCheck, LedgerDifference, Line, Posting
from backend.ledger.schemas import DifferenceOut, DifferencesOut, LineOut, PostingOut


@dataclass(frozen=True, slots=True)
class PostingQuery:
    """Filters of postings. Each filter that is None lets all through; `until` is exclusive."""

    account: str | None
    shop_id: UUID | None
    reservation_id: UUID | None
    since: datetime | None
    until: datetime | None


async def postings(session: AsyncSession, wanted: PostingQuery, before: int | None, limit: int) -> list[PostingOut]:
    """Return up to `limit + 1` postings with all their lines, the last one first."""
    asked = select(Posting).order_by(col(Posting.id).desc()).limit(limit + 1)
    if wanted.account is not None or wanted.shop_id is not None:
        accounts = select(col(LedgerAccount.id))
        if wanted.account is not None:
            accounts = accounts.where(col(LedgerAccount.kind) == wanted.account)
        if wanted.shop_id is not None:
            accounts = accounts.where(col(LedgerAccount.subject) == wanted.shop_id)
        touched = select(col(Line.posting_id)).where(col(Line.account_id).in_(accounts))
        asked = asked.where(col(Posting.id).in_(touched))
    if wanted.reservation_id is not None:
        asked = asked.where(col(Posting.reservation_id) == wanted.reservation_id)
    if wanted.since is not None:
        asked = asked.where(col(Posting.event_at) >= wanted.since)
    if wanted.until is not None:
        asked = asked.where(col(Posting.event_at) < wanted.until)
    if before is not None:
        asked = asked.where(col(Posting.id) < before)
    found = list((await session.execute(asked)).scalars())
    lines = await _lines_of(session, [posting.id for posting in found])
    return [
        PostingOut(
            id=posting.id,
            kind=posting.kind,
            source=posting.source,
            reservation_id=posting.reservation_id,
            event_at=posting.event_at,
            lines=lines[posting.id],
        )
        for posting in found
    ]


async def _lines_of(session: AsyncSession, ids: list[int]) -> dict[int, list[LineOut]]:
    asked = (
        select(Line, LedgerAccount)
        .join(LedgerAccount, col(LedgerAccount.id) == col(Line.account_id))
        .where(col(Line.posting_id).in_(ids))
        .order_by(col(Line.posting_id), col(Line.cents).desc(), col(LedgerAccount.id))
    )
    lines: dict[int, list[LineOut]] = {id: [] for id in ids}
    for line, account in (await session.execute(asked)).all():
        lines[line.posting_id].append(
            LineOut(
                account=account.kind,
                shop_id=None if account.book == "subsidy" else account.subject,
                fund_id=account.subject if account.book == "subsidy" else None,
                book=account.book,
                cents=line.cents,
            )
        )
    return lines


async def differences(session: AsyncSession) -> DifferencesOut:
    """Return what the last check found."""
    last = await session.scalar(select(LedgerCheck).order_by(col(LedgerCheck.id).desc()).limit(1))
    if last is None:
        return DifferencesOut(checked_at=None, lines=0, count=0, differences=[])
    asked = (
        select(LedgerDifference).where(col(LedgerDifference.check_id) == last.id).order_by(col(LedgerDifference.number))
    )
    return DifferencesOut(
        checked_at=last.checked_at,
        lines=last.lines,
        count=last.differences,
        differences=[DifferenceOut.model_validate(one) for one in (await session.execute(asked)).scalars()],
    )
