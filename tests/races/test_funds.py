"""Grants by many hands at once, closings that die, and a fund that is settled meanwhile; with controls."""

import asyncio
import random
from uuid import UUID

import asyncpg
import pytest

from tests.journeys.test_funds import differences, left
from tests.town import Lot, Town
from tests.town.databases import WORKER
from tests.town.funds import a_fund, closes, free_portions

HANDS = 8
INSERTED_FIRST = """
        insert into accounting.grants (reservation_id, fund_id, shop_id, portions, grams, cents, granted_at)
        values (due.reservation, due.fund, due.shop_id, due.quantity, due.grams, due.cents, moment)
        on conflict do nothing;
        continue when not found;
"""
UPDATED = """
        update app.funds f set left_cents = f.left_cents - due.cents
        where f.id = due.fund and f.left_cents >= due.cents;
        if not found then
            raise exception 'a fund is granted more than is left of it' using errcode = 'check_violation';
        end if;
"""
CLOSE = "select app.close_lots(100)"


async def updates_the_fund_first(town: Town) -> None:
    """Lower the fund before the grant is inserted, as the control."""
    source: str = await town.value("select pg_get_functiondef('app.grant_closed'::regproc)")
    both = INSERTED_FIRST + UPDATED.removeprefix("\n")
    assert source.count(both) == 1
    await town.changes(source.replace(both, UPDATED + INSERTED_FIRST))


async def many_collected(town: Town, lot: Lot, portions: int) -> None:
    """Let a beneficiary have collected each of many portions of a lot: copies of one reservation."""
    await town.changes(
        """
        with copied as (
            insert into app.reservations
            select (jsonb_populate_record(r, jsonb_build_object('id', gen_random_uuid()))).*
            from app.reservations r, generate_series(2, $2) where r.lot_id = $1
            returning id)
        insert into app.impact_entries
        select (jsonb_populate_record(e, jsonb_build_object('reservation_id', c.id))).*
        from copied c, app.impact_entries e join app.reservations r on r.id = e.reservation_id and r.lot_id = $1
        """,
        lot.id,
        portions,
    )


@pytest.mark.parametrize("careful", [True, False], ids=["the act", "control"])
async def test_many_hands_never_grant_above_the_ceiling_nor_lose_a_cent(town: Town, careful: bool) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # noqa: T201
    chance = random.Random(seed)  # noqa: S311
    city = await town.an_organisation()
    fund = await a_fund(town, city, ceiling_cents=20_000)
    lots = []
    for _ in range(10):
        lot, _ = await free_portions(town, 1)
        await many_collected(town, lot, 15)
        await town.clock(lot.pickup_start)
        lots.append(lot.id)
    if not careful:
        await updates_the_fund_first(town)
    grants = "select app.grant_closed($1)"
    async with town.copy.connections(HANDS, "postgres") as hands:

        async def grant(hand: asyncpg.Connection, order: list[UUID]) -> None:
            for one in order:
                await hand.execute(grants, [one])

        await asyncio.gather(*(grant(hand, chance.sample(lots, len(lots))) for hand in hands))

    granted = await town.value("select coalesce(sum(cents), 0)::int from accounting.grants")
    lost = 20_000 - await left(town, fund) - granted
    assert granted <= 20_000
    assert (lost == 0) is careful, f"{lost} cents are granted to nobody"
    assert bool(await differences(town)) is not careful
    if careful:
        assert granted == 133 * 150


async def test_two_workers_that_close_lots_of_two_funds_do_not_block_each_other(town: Town) -> None:
    """Each lot fits both funds, and each fund has a lot of its own, so that workers meet them in either order."""
    city = await town.an_organisation()
    region = await town.an_organisation("Grand Est", territory="FR")
    small = await a_fund(town, city, ceiling_cents=300)
    large = await a_fund(town, region, ceiling_cents=10_000)
    lots = [(await free_portions(town, 1, 1))[0] for _ in range(4)]
    lots.append((await free_portions(town, 2, shop=await town.a_shop(commune="75056")))[0])
    await town.clock(max(lot.pickup_end for lot in lots))
    await town.worker_runs()
    await town.changes("update app.lots_to_close set due_at = app.clock() - interval '1 day'")
    night = (await town.now()).replace(hour=2, minute=30) + (lots[0].pickup_end - lots[0].pickup_start) * 24
    await town.clock(night)
    await town.changes("update app.lots_to_close set due_at = app.clock()")
    async with town.copy.connections(5, WORKER) as workers:
        closed = await asyncio.gather(*(worker.fetchval("select app.close_lots(2)") for worker in workers))

    assert sum(closed) == 5
    assert (await left(town, small), await left(town, large)) == (0, 10_000 - 6 * 150 - 300)
    assert await differences(town) == []


async def test_a_closing_that_dies_leaves_no_grant_and_is_done_again(town: Town) -> None:
    city = await town.an_organisation()
    fund = await a_fund(town, city)
    lot, _ = await free_portions(town, 1, 2)
    await town.clock(lot.pickup_end)
    await town.worker_runs()
    await town.clock((await town.now()).replace(hour=2, minute=30) + (lot.pickup_end - lot.pickup_start) * 24)
    await town.changes("update app.lots_to_close set due_at = app.clock()")
    async with town.copy.connections(1, WORKER) as (worker,):
        transaction = worker.transaction()
        await transaction.start()
        assert await worker.fetchval(CLOSE) == 1
        await town.value("select pg_terminate_backend($1)", worker.get_server_pid())
        async with asyncio.timeout(5):
            # Between the server's last word and the closed connection, asyncpg raises an error of its own kind.
            while not worker.is_closed():
                await asyncio.sleep(0.01)
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError)):
            await transaction.commit()
    assert await left(town, fund) == 1000
    assert await town.value("select count(*) from accounting.grants") == 0
    assert await town.value("select count(*) from app.lots_to_close") == 1

    async with town.copy.connections(2, WORKER) as workers:
        assert sorted(await asyncio.gather(*(worker.fetchval(CLOSE) for worker in workers))) == [0, 1]
    assert await left(town, fund) == 1000 - 3 * 150
    assert await differences(town) == []


async def test_a_fund_is_not_settled_before_the_lots_of_its_days_are_closed(town: Town) -> None:
    await town.clock("2026-12-02T10:00:00+01:00")
    city = await town.an_organisation()
    today = await town.today()
    fund = await a_fund(town, city, first_day=str(today), last_day=str(today))
    lot, _ = await free_portions(town, 1)
    await town.clock(lot.pickup_end)
    await town.worker_runs()
    await town.changes("update app.lots_to_close set due_at = due_at + interval '20 days'")  # an admin has to decide
    await town.clock(lot.pickup_end + (lot.pickup_end - lot.pickup_start) * 60)
    settle = "select app.settle_funds(10)"
    async with town.copy.connections(2, WORKER) as (closing, settling):
        assert await settling.fetchval(settle) == 0
        await town.clock((await town.now()).replace(hour=2, minute=30))
        await town.changes("update app.lots_to_close set due_at = app.clock()")
        async with closing.transaction():
            assert await closing.fetchval(CLOSE) == 1
            assert await settling.fetchval(settle) == 0  # the grant is not committed yet
        assert await settling.fetchval(settle) == 1
    assert await town.value("select returned_cents from app.funds") == 850
    assert await left(town, fund) == 0
    assert await differences(town) == []
    await closes(town, lot)
    assert await town.value("select count(*) from accounting.grants") == 1
