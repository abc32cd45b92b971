"""Reads of recalls, under row-level security."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.recalls.models import Recall
from backend.recalls.schemas import RecallOut

# Not all columns: who issued it, the database tells nobody.
_RECALLS = select(col(Recall.id), col(Recall.gtin), col(Recall.batch), col(Recall.reason), col(Recall.issued_at))


async def recalls(session: AsyncSession, before: UUID | None, limit: int) -> list[RecallOut]:
    """Give one recall more than a page, newest first."""
    wanted = _RECALLS.order_by(col(Recall.id).desc()).limit(limit + 1)
    if before is not None:
        wanted = wanted.where(col(Recall.id) < before)
    return [RecallOut.model_validate(row) for row in await session.execute(wanted)]


async def recall(session: AsyncSession, recall_id: UUID) -> RecallOut:
    """Give a recall that was just issued."""
    return RecallOut.model_validate((await session.execute(_RECALLS.where(col(Recall.id) == recall_id))).one())
