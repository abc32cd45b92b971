"""Closing lots while refunds, other workers, moving gifts and erasures are under way, with controls where it waits."""

import asyncio
import json
from typing import Any

import asyncpg
import pytest

from tests.journeys.test_ledger import (
    EARNED,
    HOUR,
    SALE,
    balance,
    closed,
    collected,
    corrections,
    nights_pass,
    postings,
)
from tests.town import Lot, Town
from tests.town.databases import WORKER, Connection

CAREFUL = pytest.mark.parametrize("careful", [True, False], ids=["the act", "control"])
CLOSE = "select app.close_lots(100)"
# What closing and refunds both lock.
LOCKED = {
    "close_lots": "order by p.id for no key update;",
    "post_payment": "where p.kind = 'sale' and p.source = intent for no key update;",
}


async def without_the_lock(town: Town, act: str) -> None:
    source: str = await town.value("select pg_get_functiondef(p.oid) from pg_proc p where p.proname = $1", act)
    assert source.count(LOCKED[act]) == 1
    await town.changes(source.replace(LOCKED[act], LOCKED[act].replace(" for no key update", "")))


async def due(town: Town, price_cents: int = 399) -> Lot:
    """Return a lot of which one portion was collected, and which is to be closed now."""
    lot = await town.a_lot(left=3, price_cents=price_cents)
    await collected(town, await town.a_customer(), lot)
    await it_is_night(town, lot)
    return lot


async def it_is_night(town: Town, lot: Lot) -> None:
    """Let the lot's window end and three nights pass without the worker, so that it is to be closed now."""
    await town.clock(lot.pickup_end + HOUR)
    await town.worker_runs()
    await nights_pass(town, 2)
    now = await town.now()
    await town.clock(now + 48 * HOUR)
    await town.changes("update app.lots_to_close set due_at = app.clock()")


async def refunds(connection: Connection, town: Town, cents: int = 399) -> str:
    """Apply that a person refunded the sale in Stripe's dashboard, as payments.look_at_intent does."""
    (paid,) = await town.rows("select id, stripe_payment_intent, amount_cents from app.payments")
    made = [{"id": "re_x", "cents": cents, "stands": True, "at": (await town.now()).isoformat()}]
    status: str = await connection.fetchval(
        "select app.settle_payment($1, $2, 'succeeded', $3, app.clock(), $4, 're_x', $5)",
        paid["id"], paid["stripe_payment_intent"], paid["amount_cents"], cents, json.dumps(made),
    )  # fmt: skip
    return status


async def after_the_first(first: Connection, act: Any, second: Any) -> None:
    """Do `act` on the first connection without a commit, begin `second`, then commit the first and wait for both."""
    transaction = first.transaction()
    await transaction.start()
    await act
    following = asyncio.create_task(second)
    await asyncio.sleep(0.5)  # by then it is done, or waits
    await transaction.commit()
    await following


@CAREFUL
@pytest.mark.parametrize("first", ["closing", "refund"])
async def test_closing_and_a_refund_never_take_the_same_money(town: Town, first: str, careful: bool) -> None:
    await due(town)
    if not careful:
        await without_the_lock(town, "close_lots" if first == "refund" else "post_payment")
    async with town.copy.connections(2, WORKER) as (one, other):
        if first == "closing":
            await after_the_first(one, one.fetchval(CLOSE), refunds(other, town))
        else:
            await after_the_first(one, refunds(one, town), other.fetchval(CLOSE))

    found = [row["kind"] for row in await town.rows("select * from app.ledger_differences('sales')")]
    assert ("overdrawn" in found) is not careful
    if careful and first == "closing":
        assert await closed(town) == [(1, 399, 40, 8, 351)]
        assert await corrections(town) == [("refund", -399, -40, -8, -351)]
    elif careful:
        assert await closed(town) == []
    if careful:
        for account in ("held", "shop", "commission", "vat"):
            assert await balance(town, account) == 0
        assert await balance(town, "stripe") == 0


async def test_two_workers_close_a_lot_once(town: Town) -> None:
    await due(town)
    async with town.copy.connections(4, WORKER) as workers:
        looked_at = await asyncio.gather(*(worker.fetchval(CLOSE) for worker in workers))
    assert sorted(looked_at) == [0, 0, 0, 1]
    assert await postings(town) == [SALE, EARNED]


async def test_control_without_locks_the_second_worker_runs_into_the_first(town: Town) -> None:
    lot = await due(town)
    await town.value("select app.ledger_account('shop', $1)", lot.shop.id)  # or it would wait for the account
    source: str = await town.value("select pg_get_functiondef('app.close_lots'::regproc)")
    protection = "order by q.due_at limit most for update skip locked"
    assert source.count(protection) == 1
    await town.changes(source.replace(protection, "order by q.due_at limit most"))
    await without_the_lock(town, "close_lots")  # on which it would wait
    async with town.copy.connections(2, WORKER) as (one, other):

        async def closes() -> None:
            with pytest.raises(asyncpg.UniqueViolationError):
                await other.fetchval(CLOSE)

        await after_the_first(one, one.fetchval(CLOSE), closes())
    assert await postings(town) == [SALE, EARNED], "a posting's source is unique all the same"


@pytest.mark.parametrize("first", ["closing", "erasure"])
@pytest.mark.parametrize("who", ["holder", "merchant"])
async def test_a_lot_is_closed_although_somebody_is_erased_meanwhile(town: Town, first: str, who: str) -> None:
    lot = await due(town)
    account = lot.shop.merchant.id if who == "merchant" else await town.value("select account_id from app.reservations")
    erase = "select app.erase_account($1, 'test')"
    book = "select app.book_payments(array(select id from app.payments))"
    async with town.copy.connections(1, WORKER) as (worker,), town.copy.connection() as owner:

        async def erases() -> None:
            await owner.execute(erase, account)
            await owner.execute(book)

        if first == "closing":
            await after_the_first(worker, worker.fetchval(CLOSE), erases())
        else:
            await after_the_first(owner, erases(), worker.fetchval(CLOSE))
    assert await postings(town) == [SALE, EARNED]
    assert await town.value("select count(*) from accounting.payments") == 1


async def test_closing_waits_for_no_gift_that_is_moving(town: Town) -> None:
    shop = await town.a_shop()
    lot = await town.a_lot(left=3, price_cents=399, shop=shop)
    marc, zoe = await town.a_customer(), await town.a_customer("Zoé")
    await marc.gives(lot, 1, if_unclaimed="move")
    await zoe.buys(lot)
    await it_is_night(town, lot)
    await town.a_lot(left=3, price_cents=350, shop=shop)
    async with town.copy.connections(2, WORKER) as (one, other):
        await after_the_first(one, one.fetchval("select app.move_suspended(10)"), other.fetchval(CLOSE))
    assert await closed(town) == [(1, 399, 40, 8, 351)]
    assert await balance(town, "suspended") == -399
