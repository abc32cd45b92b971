"""The jobs of a recall: they end reservations, and tell everybody who reserved the food, may have it, or sells it.

One more job reads the public feed of recalls and recalls what it names.
"""

from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import structlog
from pydantic_core import to_json

from backend.job_context import Work
from backend.recalls.feed import FeedUnreadable, Notice, notice_in, pages

log = structlog.get_logger("ecopanier.recalls")


async def read_feed(work: Work) -> None:
    """Read the public feed of recalls, if one is configured: recall what its new notices name, and ask about the rest.

    Each notice is a transaction of its own. Only a reading that came to the feed's end moves the day from which the
    next one begins, so what a broken reading missed comes again. A feed that cannot be read is logged and tried later.
    """
    if work.settings.rappelconso_url is None:
        return
    since = await work.acts.value("recall_feed_since")
    newest: datetime | None = None
    complete = True
    try:
        async for records in pages(work.settings.rappelconso_url, since):
            for record in records:
                notice = notice_in(record, datetime.now(UTC))
                if notice is None or notice.published_at.astimezone(UTC).date() < since:
                    continue
                newest = notice.published_at if newest is None else max(newest, notice.published_at)
                complete &= await _take(work, notice)
    except FeedUnreadable as reason:
        log.warning("recalls.feed_unreadable", reason=str(reason))
        complete = False
    await work.acts.value("recall_feed_read", until=newest if complete else None)


async def _take(work: Work, notice: Notice) -> bool:
    """Take one notice; return whether that worked. One that fails does not stop the others."""
    try:
        taken = await work.acts.row(
            "take_recall_notice",
            number=notice.number,
            version=notice.version,
            published_at=notice.published_at,
            title=notice.title,
            brand=notice.brand,
            reason=notice.reason,
            advice=notice.advice,
            link=notice.link,
            items=to_json([item.as_json() for item in notice.items]).decode(),
        )
    except (asyncpg.PostgresError, TimeoutError) as failure:
        log.error("recalls.notice_not_taken", number=notice.number, error=type(failure).__name__)
        return False
    if taken["notice"] is not None:
        log.info("recalls.notice_taken", number=notice.number, frozen=taken["frozen"], asked=taken["asked"])
    return True


async def end_lot(work: Work, recall_id: UUID, lot_id: UUID) -> None:
    """End a recalled lot's running reservations, and tell people of it."""
    await work.acts.value("end_recalled_lot", recall=recall_id, lot=lot_id)


async def tell_shop(work: Work, recall_id: UUID, shop_id: UUID, lot_ids: list[UUID]) -> None:
    """Tell the owners of a shop that lots of theirs are recalled, and what to do."""
    await work.acts.value("tell_shop_of_recall", recall=recall_id, shop=shop_id, lots=lot_ids)
