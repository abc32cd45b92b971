"""Queries for recalls and for the notices of the public feed, under row-level security."""

from collections import defaultdict
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.lots.models import Lot
from backend.recalls.models import Recall, RecallItem, RecallMatch, RecallNotice
from backend.recalls.problems import RecallNoticeNotFound
from backend.recalls.schemas import RecallItemOut, RecallMatchOut, RecallNoticeOut, RecallOut
from backend.shops.models import Shop

# Not all columns: nobody may read `issued_by`.
_RECALLS: Select[*tuple[Any, ...]] = select(
    col(Recall.id),
    col(Recall.gtin),
    col(Recall.batch),
    col(Recall.reason),
    col(Recall.issued_at),
    col(RecallNotice.number).label("notice"),
).outerjoin(RecallNotice, col(RecallNotice.id) == col(Recall.notice_id))


async def recalls(session: AsyncSession, before: UUID | None, limit: int) -> list[RecallOut]:
    """Return up to `limit + 1` recalls, newest first."""
    wanted = _RECALLS.order_by(col(Recall.id).desc()).limit(limit + 1)
    if before is not None:
        wanted = wanted.where(col(Recall.id) < before)
    return [RecallOut.model_validate(row) for row in await session.execute(wanted)]


async def recall(session: AsyncSession, recall_id: UUID) -> RecallOut:
    """Return a recall, which must exist."""
    return RecallOut.model_validate((await session.execute(_RECALLS.where(col(Recall.id) == recall_id))).one())


async def notices(
    session: AsyncSession, waiting: bool | None, before: UUID | None, limit: int
) -> list[RecallNoticeOut]:
    """Return up to `limit + 1` notices that lots matched, newest first.

    waiting: only those about which an admin still has to decide, or only the others; None: both.
    """
    matched = select(1).where(col(RecallMatch.notice_id) == col(RecallNotice.id))
    undecided = matched.where(col(RecallMatch.decided_at).is_(None)).exists()
    wanted = select(RecallNotice).where(matched.exists()).order_by(col(RecallNotice.id).desc()).limit(limit + 1)
    if waiting is not None:
        wanted = wanted.where(undecided if waiting else ~undecided)
    if before is not None:
        wanted = wanted.where(col(RecallNotice.id) < before)
    return await _shown(session, list(await session.scalars(wanted)))


async def notice(session: AsyncSession, notice_id: UUID) -> RecallNoticeOut:
    """Return one notice. Raises RecallNoticeNotFound."""
    found = await session.get(RecallNotice, notice_id)
    if found is None:
        raise RecallNoticeNotFound
    return (await _shown(session, [found]))[0]


async def _shown(session: AsyncSession, found: list[RecallNotice]) -> list[RecallNoticeOut]:
    ids = [notice.id for notice in found]
    items: dict[UUID, list[RecallItemOut]] = defaultdict(list)
    lots: dict[UUID, list[RecallMatchOut]] = defaultdict(list)
    named = (
        select(RecallItem)
        .where(col(RecallItem.notice_id).in_(ids))
        .order_by(col(RecallItem.gtin), col(RecallItem.batch), col(RecallItem.key))
    )
    for item in await session.scalars(named):
        items[item.notice_id].append(RecallItemOut.model_validate(item))
    # Columns are named because nobody may read who decided.
    matches = (
        select(
            col(RecallMatch.notice_id),
            col(RecallMatch.lot_id),
            col(RecallMatch.because),
            col(RecallMatch.found_at),
            col(RecallMatch.decided_at),
            col(RecallMatch.recalled),
            col(Lot.title),
            col(Lot.gtin),
            col(Lot.batch),
            col(Lot.food_date),
            col(Lot.status),
            col(Lot.shop_id),
            col(Shop.name).label("shop"),
        )
        .join(Lot, col(Lot.id) == col(RecallMatch.lot_id))
        .join(Shop, col(Shop.id) == col(Lot.shop_id))
        .where(col(RecallMatch.notice_id).in_(ids), col(Lot.suspended_from).is_(None))
        .order_by(col(RecallMatch.lot_id))
    )
    for row in await session.execute(matches):
        lots[row.notice_id].append(RecallMatchOut.model_validate(row))
    return [
        RecallNoticeOut(
            **notice.model_dump(exclude={"names", "fades_at"}), items=items[notice.id], lots=lots[notice.id]
        )
        for notice in found
    ]
