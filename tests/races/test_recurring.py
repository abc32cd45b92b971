"""Many workers, one that dies, a merchant who changes the day as it is being published: one lot a listing and day."""

import asyncio
from datetime import datetime

import asyncpg
import pytest

from tests.town import Town
from tests.town.databases import WORKER

PUBLISH = "select app.publish_recurring(500)"
# What publishing would be like if it looked first, and what stands behind it then.
NO_CARE = """
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
    """Listings that are due at 18:00 on a Monday, which it is."""
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
async def test_many_workers_publish_each_listing_once(town: Town, careful: bool) -> None:
    await _listings(town, 12 if careful else 1)
    if not careful:
        await town.changes(NO_CARE)
    async with town.copy.connections(5, WORKER) as workers:
        made = await asyncio.gather(*(worker.fetchval(PUBLISH) for worker in workers))
        made.append(await workers[0].fetchval(PUBLISH))

    lots = await town.value("select count(*) from app.lots")
    assert (lots == sum(made) == 12) is careful
    assert careful or lots > 1


async def test_a_worker_that_dies_in_the_middle_leaves_nothing_undone_or_done_twice(town: Town) -> None:
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
        # As if what was noted had been lost, but not the lots.
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


async def test_a_change_of_the_day_comes_before_its_publication_or_is_refused(town: Town) -> None:
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
        assert await worker.fetchval(PUBLISH, timeout=5) == 0  # held by the change: the next time
        await change.commit()
        assert await worker.fetchval(PUBLISH) == 0
    assert await town.value("select count(*) from app.lots") == 0
    assert await town.value("select due_at from app.recurring_listings") == datetime.fromisoformat(
        "2026-06-09T18:00:00+02:00"
    )
