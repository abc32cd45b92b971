"""Reads of subscriptions."""

from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.sessions import call_row
from backend.subscriptions.schemas import SubscriptionOut


async def own_subscription(session: AsyncSession) -> SubscriptionOut:
    """Return the caller's subscription. The database raises NotAllowed unless the caller is a merchant."""
    return SubscriptionOut.model_validate(await call_row(session, "own_subscription"))
