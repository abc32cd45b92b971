"""Figures of days under a random history: handovers, ends of lots and the worker at once, with connections killed."""

import asyncio
import random
from contextlib import suppress
from uuid import UUID

import asyncpg

from tests.town import Town
from tests.town.databases import WORKER
from tests.town.days import a_merchant_s_shop, people_of

HANDS, STEPS = 6, 12
# How a killed connection shows.
GONE = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
EVERY = "select string_agg(d::text, '\n' order by day, shop_id, category) from app.figure_days d"
# What the entries say, written independently of the view that the product adds up.
RECOUNT = """
    select string_agg(row(x.*)::text, '\n' order by x.shop_id, x.category) from (
        select coalesce(e.shop_id, n.shop_id) as shop_id, coalesce(e.category, n.category) as category,
               coalesce(n.lots, 0) as lots, coalesce(n.offered, 0) as offered, coalesce(n.unsold, 0) as unsold,
               coalesce(e.handovers, 0) as handovers, coalesce(e.collected, 0) as collected,
               coalesce(e.given, 0) as given,
               coalesce(e.grams, 0) as grams, coalesce(e.value, 0) as value, coalesce(e.recovered, 0) as recovered
        from (select l.shop_id, l.category, count(*) as handovers, sum(r.quantity) as collected,
                     coalesce(sum(r.quantity) filter (where r.unit_price_cents = 0), 0) as given,
                     sum(i.food_grams) as grams, sum(i.value_saved_cents) as value,
                     sum(i.recovered_by_shops_cents) as recovered
              from app.impact_entries i join app.reservations r on r.id = i.reservation_id
              join app.lots l on l.id = r.lot_id group by 1, 2) e
        full join (
            select l.shop_id, l.category, count(*) as lots, sum(l.quantity) as offered,
                   sum(l.quantity - (select coalesce(sum(r.quantity), 0) from app.reservations r
                                     where r.lot_id = l.id and r.status = 'picked_up')) as unsold
            from app.lots l where l.status = 'ended' group by 1, 2) n
        on n.shop_id = e.shop_id and n.category = e.category) x
"""
ADDED_UP = """
    select string_agg(row(x.*)::text, '\n' order by x.shop_id, x.category) from (
        select shop_id, category, lots::bigint, offered::bigint, unsold::bigint, handovers::bigint, collected::bigint,
               given::bigint, food_grams as grams, value_saved_cents as value, recovered_by_shops_cents as recovered
        from app.figure_days) x
"""
HAND_OVER = """
    with made as (
        insert into app.reservations
            (lot_id, account_id, quantity, unit_price_cents, status, quota_day, confirmed_at, ended_at)
        select l.id, $2, 1 + (random() * 2)::int, l.price_cents, 'picked_up',
               case when l.price_cents = 0 then app.paris_day(app.clock()) end, app.clock(), app.clock()
        from app.lots l where l.id = $1 and l.status = 'published'
        returning *)
    select app.record_impact(row(m.*)::app.reservations, row(l.*)::app.lots) from made m
    join app.lots l on l.id = m.lot_id
"""


async def test_figures_equal_a_recount_after_a_random_history_with_kills(town: Town) -> None:
    chance = random.Random(20270310)  # noqa: S311  the same history each time
    await town.territories()
    await town.clock("2027-03-10T18:00:00+01:00")
    shops = [await a_merchant_s_shop(town, number) for number in range(4)]
    lots: list[UUID] = []
    for number, shop in enumerate(shops):
        for category in ("bakery", "dairy"):
            make = town.a_lot if number % 2 else town.a_free_lot
            lots.append((await make(shop=shop, left=1000, category=category)).id)
    people = await people_of(town, HANDS * STEPS)
    pids: set[int] = set()
    killed = 0
    working = True

    async def hand(mine: list[UUID]) -> None:
        for person in mine:
            with suppress(*GONE):
                async with town.copy.connection() as connection:
                    pid = connection.get_server_pid()
                    pids.add(pid)
                    async with connection.transaction():
                        lot = chance.choice(lots)
                        # As if reserved before: a lot that ends waits for this, as it does for its holders.
                        await connection.execute("select from app.lot_stock where lot_id = $1 for share", lot)
                        await connection.execute(HAND_OVER, lot, person)
                        await asyncio.sleep(chance.random() * 0.05)  # commits late, behind others that began later
                    pids.discard(pid)

    async def adds_up() -> None:
        while working:
            with suppress(*GONE):
                async with town.copy.connection(WORKER) as connection:
                    pids.add(connection.get_server_pid())
                    for _ in range(5):
                        await connection.execute("select app.add_up_impact()")
                        await asyncio.sleep(0.01)

    async def ends_lots() -> None:
        for lot in lots[:4]:
            await asyncio.sleep(0.1)
            with suppress(*GONE):
                async with town.copy.connection() as connection, connection.transaction():
                    await connection.execute("select from app.lot_stock where lot_id = $1 for update", lot)
                    await connection.execute("update app.lots set status = 'ended' where id = $1", lot)

    async def kills() -> None:
        nonlocal killed
        async with town.copy.connection() as connection:
            while working:
                await asyncio.sleep(0.03)
                if pids:
                    pid = chance.choice(sorted(pids))
                    pids.discard(pid)
                    killed += await connection.fetchval("select pg_terminate_backend($1)::int", pid)

    others = [asyncio.create_task(one) for one in (adds_up(), adds_up(), kills())]
    parts = [people[number::HANDS] for number in range(HANDS)]
    try:
        await asyncio.gather(*(hand(part) for part in parts), ends_lots())
    finally:
        working = False
        await asyncio.gather(*others)

    entries = await town.value("select count(*) from app.impact_entries")
    for _ in range(100):
        await town.changes("select app.add_up_impact()")
        if await town.value("select sum(handovers) from app.figure_days") == entries:
            break
        await asyncio.sleep(0.05)
    assert killed > 3
    assert HANDS * STEPS > entries > 10
    added_up = await town.value(EVERY)
    assert added_up is not None
    async with town.copy.connection(WORKER) as worker:
        (counted,) = await worker.fetch("select * from app.rebuild_figures()")
        assert tuple(counted) == (0, 0)
    assert await town.value(EVERY) == added_up
    assert await town.value("select sum(handovers) from app.figure_days") == entries
    assert await town.value(ADDED_UP) == await town.value(RECOUNT)


async def test_control_a_mark_by_time_loses_entries_that_commit_late(town: Town) -> None:
    """Had the figures been added up by when entries were written, this one would be missing for ever."""
    await town.territories()
    await town.clock("2027-03-10T18:00:00+01:00")
    lot = await town.a_lot(shop=await a_merchant_s_shop(town, 1), left=10)
    (one, other) = await people_of(town, 2)
    async with town.copy.connection() as slow:
        late = slow.transaction()
        await late.start()
        await slow.execute(HAND_OVER, lot.id, one)
        await town.changes(HAND_OVER, lot.id, other)
        await town.changes("select app.add_up_impact()")
        mark = await town.value("select max(created_at) from app.reservations")
        await late.commit()
    behind = await town.value(
        "select count(*) from app.impact_entries e join app.reservations r on r.id = e.reservation_id"
        " where r.created_at <= $1",
        mark,
    )
    assert behind == 2  # a mark by time would have passed over the late one
    for _ in range(100):  # a transaction of another database of this server may still hold the mark back
        await town.changes("select app.add_up_impact()")
        if await town.value("select sum(handovers) from app.figure_days") == 2:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the late entry was lost")
