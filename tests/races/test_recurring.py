"""Publishing recurring listings: one lot a listing and day, with many workers, a dying one and concurrent changes."""

import asyncio
from datetime import datetime

import asyncpg
import pytest

from tests.town import Town
from tests.town.databases import WORKER

PUBLISH = "select app.publish_recurring(500)"
# The control: publishing that reads first and writes later, without the unique index that backs it.
PUBLISH_LOOKING_FIRST = """
drop index app.lots_recurring_key;
create or replace function app.publish_recurring(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    listing app.recurring_listings;
begin
    for listing in select r.* from app.recurring_listings r
                   where not exists (select from app.lots l where l.recurring_id = r.id) loop
        perform pg_sleep(0.2);
        insert into app.lots (shop_id, title, category, kind, original_price_cents, price_cents, quantity, pickup_start,
                              pickup_end, date_kind, status, recurring_id, recurring_day)
        values (listing.shop_id, 'x', 'bakery', 'discounted', 1200, 480, 5, app.clock(),
                app.clock() + interval '1 hour', 'none', 'published', listing.id, app.paris_day(app.clock()));
    end loop;
    return 1;
end $$;
"""


async def _listings(town: Town, count: int) -> None:
    """Create listings that are due on Monday at 18:00, and set the clock to that moment."""
    await town.clock("2026-06-08T09:00:00+02:00")
    shop = await town.a_shop()
    for _ in range(count):
        await town.changes(
            "insert into app.recurring_listings (shop_id, title, category, kind, original_price_cents, price_cents,"
            " quantity, weekdays, publish_at, pickup_from, pickup_until, date_kind)"
            " values ($1, 'Panier', 'bakery', 'discounted', 1200, 480, 5, '{1,2,3,4,5}', '18:00', '18:30', '20:00',"
            " 'none')",
            shop.id,
        )
    await town.clock("2026-06-08T18:00:00+02:00")


@pytest.mark.parametrize("careful", [True, False], ids=["the act", "control"])
async def test_concurrent_workers_publish_each_listing_once(town: Town, careful: bool) -> None:
    await _listings(town, 12 if careful else 1)
    if not careful:
        await town.changes(PUBLISH_LOOKING_FIRST)
    async with town.copy.connections(5, WORKER) as workers:
        made = await asyncio.gather(*(worker.fetchval(PUBLISH) for worker in workers))
        made.append(await workers[0].fetchval(PUBLISH))

    lots = await town.value("select count(*) from app.lots")
    assert (lots == sum(made) == 12) is careful
    assert careful or lots > 1


async def test_a_dying_worker_leaves_no_listing_unpublished_or_published_twice(town: Town) -> None:
    await _listings(town, 3)
    async with town.copy.connection(WORKER) as dying:
        await dying.execute("begin")
        assert await dying.fetchval(PUBLISH) == 3
        dying.terminate()
    async with town.copy.connection(WORKER) as worker:
        for _ in range(100):
            if await worker.fetchval(PUBLISH):
                break
            await asyncio.sleep(0.05)
        # As if the note of the publication were lost, but not the lots.
        await town.changes("update app.recurring_listings set due_at = app.clock()")
        assert await worker.fetchval(PUBLISH) == 0
    assert await town.value("select count(*) from app.lots") == 3
    with pytest.raises(asyncpg.UniqueViolationError):
        await town.changes(
            "insert into app.lots (shop_id, title, category, kind, original_price_cents, price_cents, quantity,"
            " pickup_start, pickup_end, date_kind, recurring_id, recurring_day)"
            " select shop_id, title, category, kind, original_price_cents, price_cents, quantity, pickup_start,"
            " pickup_end, date_kind, recurring_id, recurring_day from app.lots limit 1"
        )


async def test_a_day_that_is_skipped_while_it_is_due_is_not_published(town: Town) -> None:
    await _listings(town, 1)
    listing = await town.value("select id from app.recurring_listings")
    await town.clock("2026-06-08T17:59:59+02:00")
    async with town.copy.connection() as merchant, town.copy.connection(WORKER) as worker:
        change = merchant.transaction()
        await change.start()
        await merchant.execute(
            "insert into app.recurring_days (listing_id, day, skipped) values ($1, '2026-06-08', true)", listing
        )
        await town.clock("2026-06-08T18:00:00+02:00")
        assert await worker.fetchval(PUBLISH, timeout=5) == 0  # locked by the change: left to the next run
        await change.commit()
        assert await worker.fetchval(PUBLISH) == 0
    assert await town.value("select count(*) from app.lots") == 0
    assert await town.value("select due_at from app.recurring_listings") == datetime.fromisoformat(
        "2026-06-09T18:00:00+02:00"
    )
