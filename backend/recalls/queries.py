"""Queries for recalls, under row-level security."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.recalls.models import Recall
from backend.recalls.schemas import RecallOut

# Not all columns: nobody may read `issued_by`.
_RECALLS = select(col(Recall.id), col(Recall.gtin), col(Recall.batch), col(Recall.reason), col(Recall.issued_at))


async def recalls(session: AsyncSession, before: UUID | None, limit: int) -> list[RecallOut]:
    """Return up to `limit + 1` recalls, newest first."""
    wanted = _RECALLS.order_by(col(Recall.id).desc()).limit(limit + 1)
    if before is not None:
        wanted = wanted.where(col(Recall.id) < before)
    return [RecallOut.model_validate(row) for row in await session.execute(wanted)]


async def recall(session: AsyncSession, recall_id: UUID) -> RecallOut:
    """Return a recall, which must exist."""
    return RecallOut.model_validate((await session.execute(_RECALLS.where(col(Recall.id) == recall_id))).one())
