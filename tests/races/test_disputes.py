"""Disputes that are decided, looked at and counted as refunds at once, while a sale is refunded: no deadlock."""

import asyncio
import json
from typing import Any

import asyncpg
import pytest

from tests.journeys.test_ledger import balance, collected, nights_pass
from tests.town import Admin, Town
from tests.town.databases import API, WORKER, Connection, become

SALE_FIRST = """perform from accounting.postings p join accounting.disputes x on x.reservation_id = p.reservation_id
    where p.kind = 'sale' and x.id = dispute for no key update of p;
"""
DISPUTE = "select x.* into d from accounting.disputes x where x.id = dispute for update;"
ROUNDS, LOOKS = 6, 3
REFUNDED = 100


async def with_the_old_order(town: Town) -> None:
    """Let decide_dispute lock the dispute before the sale's posting, with a pause in between."""
    source = await town.value("select pg_get_functiondef('app.decide_dispute'::regproc)")
    assert source.count(SALE_FIRST) == source.count(DISPUTE) == 1
    source = source.replace(SALE_FIRST, "")
    await town.changes(source.replace(DISPUTE, f"{DISPUTE}\n    perform pg_sleep(0.1);\n    {SALE_FIRST}"))


async def decides(connection: Connection, odile: Admin, dispute: str, bearer: str) -> None:
    async with connection.transaction():
        await become(connection, odile.id)
        await connection.execute("select app.decide_dispute($1, $2)", dispute, bearer)


async def looks(connection: Connection, dispute: str, intent: str, fee: int) -> None:
    await connection.execute(
        "select app.dispute_seen($1, $2, 399, 'lost', 'fraudulent', null, app.clock(), 399, $3, 0)",
        dispute,
        intent,
        fee,
    )


async def refunds(connection: Connection, payment: asyncpg.Record) -> None:
    made = [{"id": "re_x", "cents": REFUNDED, "stands": True, "at": payment["at"].isoformat()}]
    await connection.execute(
        "select app.post_payment($1, 'collect', $2, 399, app.clock(), $3)",
        payment["reservation_id"],
        payment["stripe_payment_intent"],
        json.dumps(made),
    )


@pytest.mark.parametrize("old_order", [False, True], ids=["the acts", "control"])
async def test_deciding_looking_and_refunding_at_once_do_not_deadlock(town: Town, old_order: bool) -> None:
    lot = await town.a_lot(left=3, price_cents=399)
    bought = await collected(town, await town.a_customer(), lot)
    await nights_pass(town)
    assert await balance(town, "shop") == -351
    (payment,) = await town.rows(
        "select reservation_id, stripe_payment_intent, app.clock() as at from app.payments where reservation_id = $1",
        bought.id,
    )
    intent, odile = payment["stripe_payment_intent"], await town.an_admin()
    if old_order:
        await with_the_old_order(town)

    outcomes: list[Any] = []
    for number in range(ROUNDS):
        dispute = f"dp_{number}"
        async with town.copy.connection(WORKER) as worker:
            await looks(worker, dispute, intent, 2000)
        async with (
            town.copy.connections(LOOKS, WORKER) as workers,
            town.copy.connections(LOOKS, API) as admins,
            town.copy.connection() as refunder,
        ):
            outcomes += await asyncio.gather(
                *(decides(admin, odile, dispute, "shop") for admin in admins),
                *(looks(worker, dispute, intent, 2000) for worker in workers),
                refunds(refunder, payment),
                return_exceptions=True,
            )

    circles = [one for one in outcomes if isinstance(one, asyncpg.DeadlockDetectedError)]
    others = [one for one in outcomes if isinstance(one, BaseException) and one not in circles]
    assert bool(circles) is old_order
    # Whoever comes second is told that it is decided, and of all that was disputed a shop bears what was left to it.
    assert {str(one) for one in others} == {"dispute.not_lost"}, others
    if not old_order:
        assert await balance(town, "shop") == 0
        assert await town.value("select count(*) from accounting.postings where kind = 'dispute_borne'") == 1
        # If the refund came after the shop had borne all, nothing of the sale was left for it.
        lost, unmatched = await balance(town, "losses"), await balance(town, "unmatched")
        assert unmatched in (0, REFUNDED)
        assert lost == ROUNDS * 399 - 399 + REFUNDED - unmatched
    assert await town.value("select count(*) from app.ledger_differences('balance')") == 0


PAYMENT_FIRST = "select p.id into paid from app.payments p where p.stripe_payment_intent = intent for update;"
THEN_DISPUTE = "select d.* into known from accounting.disputes d where d.id = dispute for update;"
SALES = 5


async def with_the_dispute_first(town: Town) -> None:
    """Let dispute_seen lock the dispute before its payment, with a pause in between."""
    source = await town.value("select pg_get_functiondef('app.dispute_seen'::regproc)")
    assert source.count(PAYMENT_FIRST) == source.count(THEN_DISPUTE) == 1
    source = source.replace(PAYMENT_FIRST, f"{THEN_DISPUTE}\n    perform pg_sleep(0.1);\n    {PAYMENT_FIRST}")
    await town.changes(source)


async def counts_as_the_refund(connection: Connection, payment: asyncpg.Record) -> None:
    await connection.execute(
        "select app.refund_by_dispute($1, 399, app.clock(), 0, '[]'::jsonb)",
        payment["id"],
    )


@pytest.mark.parametrize("dispute_first", [False, True], ids=["the acts", "control"])
async def test_looking_and_counting_the_refund_at_once_give_one_result(town: Town, dispute_first: bool) -> None:
    lot = await town.a_lot(left=SALES, price_cents=399)
    for number in range(SALES):
        await (await town.a_customer(f"Marc {number}")).buys(lot)
    await town.changes("update app.payments set status = 'refund_due'")
    payments = await town.rows("select id, stripe_payment_intent from app.payments order by id")
    if dispute_first:
        await with_the_dispute_first(town)

    outcomes: list[Any] = []
    for number, payment in enumerate(payments):
        dispute, intent = f"dp_{number}", payment["stripe_payment_intent"]
        async with town.copy.connection(WORKER) as worker:
            await looks(worker, dispute, intent, 2000)
        async with town.copy.connections(2 * LOOKS, WORKER) as workers:
            outcomes += await asyncio.gather(
                *(looks(worker, dispute, intent, 2000) for worker in workers[:LOOKS]),
                *(counts_as_the_refund(worker, payment) for worker in workers[LOOKS:]),
                return_exceptions=True,
            )

    circles = [one for one in outcomes if isinstance(one, asyncpg.DeadlockDetectedError)]
    assert [one for one in outcomes if isinstance(one, BaseException) and one not in circles] == []
    assert bool(circles) is dispute_first
    assert await town.value("select count(*) from app.ledger_differences('balance')") == 0
    if not dispute_first:
        found = await town.rows("select status, refunded_cents, disputed_cents from app.payments")
        assert [tuple(row) for row in found] == [("refunded", 0, 399)] * SALES
        assert await town.value("select count(*) from accounting.postings where kind = 'dispute_refund'") == SALES
        assert [await balance(town, one) for one in ("held", "losses", "unmatched")] == [0, 0, 0]
