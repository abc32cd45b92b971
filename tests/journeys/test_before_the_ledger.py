"""Lots that ended before there was a ledger: the migration queues them, and they are posted and closed."""

import re
from pathlib import Path

from tests.journeys.test_ledger import EARNED, HOUR, SALE, closed, collected, nights_pass, postings
from tests.journeys.test_ledger_check import checked
from tests.town import Town

MIGRATION = Path(__file__).parents[2] / "migrations/versions/2026_11_29_1765_lots_to_close.py"


async def an_earlier_version_runs(town: Town) -> str:
    """Let the acts post and queue nothing, as before there was a ledger; return the definition of what posts."""
    source: str = await town.value("select pg_get_functiondef(p.oid) from pg_proc p where p.proname = 'post_payment'")
    head = source[: source.index("AS $")]
    await town.changes(f"{head} as $$ begin return; end $$")
    await town.changes("alter table app.lots disable trigger queue_closing")
    return source


async def the_ledger_begins(town: Town, source: str) -> None:
    """Run what the migration says about lots that are over, with the acts of today."""
    await town.changes(source)
    await town.changes("alter table app.lots enable trigger queue_closing")
    (queues,) = re.findall(r"insert into app\.lots_to_close.*?;", MIGRATION.read_text(), re.DOTALL)
    await town.changes(queues)


async def test_lots_that_ended_before_the_ledger_began_are_closed(town: Town) -> None:
    source = await an_earlier_version_runs(town)
    lot, other = await town.a_lot(left=3, price_cents=399), await town.a_lot(left=3, price_cents=399)
    await collected(town, await town.a_customer(), lot)
    await (await town.a_customer("Zoé")).buys(other)  # not collected
    await town.clock(max(lot.pickup_end, other.pickup_end) + HOUR)
    await town.worker_runs()
    await nights_pass(town)
    assert (await postings(town), await closed(town)) == ([], [])

    await the_ledger_begins(town, source)
    await checked(town)
    await nights_pass(town)

    posted = [one for one in await postings(town) if one[0] in ("sale", "earned")]
    assert sorted(posted, key=lambda one: one[0]) == [EARNED, EARNED, SALE, SALE]
    assert await closed(town) == [(1, 399, 40, 8, 351)] * 2
    assert await town.value("select count(*) from app.lots_to_close") == 0


async def test_lots_that_nobody_queues_stay_open(town: Town) -> None:
    source = await an_earlier_version_runs(town)
    lot = await town.a_lot(left=3, price_cents=399)
    await collected(town, await town.a_customer(), lot)
    await town.clock(lot.pickup_end + HOUR)
    await town.worker_runs()
    await town.changes(source)
    await town.changes("alter table app.lots enable trigger queue_closing")
    await checked(town)
    await nights_pass(town)
    assert await closed(town) == []
