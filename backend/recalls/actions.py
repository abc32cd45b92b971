"""Issuing recalls."""

from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.sessions import call_row
from backend.recalls import queries
from backend.recalls.schemas import RecallIn, RecallMade


async def recall_food(session: AsyncSession, wanted: RecallIn) -> RecallMade:
    """Recall food and return the recall. Matching lots freeze at once; jobs then refund and mail their holders."""
    recall_id, lots = await call_row(
        session, "recall_food", wanted_gtin=wanted.gtin, wanted_batch=wanted.batch, why=wanted.reason
    )
    recall = await queries.recall(session, recall_id)
    return RecallMade(**recall.model_dump(), lots=lots)
