"""Issuing recalls, and deciding about what notices may name."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.sessions import call, call_row
from backend.recalls import queries
from backend.recalls.schemas import RecallDecision, RecallIn, RecallMade, RecallNoticeOut


async def recall_food(session: AsyncSession, wanted: RecallIn) -> RecallMade:
    """Recall food and return the recall. Matching lots freeze at once; jobs then refund and mail their holders."""
    recall_id, lots = await call_row(
        session, "recall_food", wanted_gtin=wanted.gtin, wanted_batch=wanted.batch, why=wanted.reason
    )
    recall = await queries.recall(session, recall_id)
    return RecallMade(**recall.model_dump(), lots=lots)


async def decide_notice(session: AsyncSession, notice_id: UUID, wanted: RecallDecision) -> RecallNoticeOut:
    """Recall lots that a notice may name, or leave them on offer; return the notice.

    The database raises RecallNoticeNotFound, RecallNoticeLotUnknown, RecallNoticeDecided.
    """
    await call(session, "decide_recall_notice", notice=notice_id, recall=wanted.recall, lots=wanted.lots)
    return await queries.notice(session, notice_id)
