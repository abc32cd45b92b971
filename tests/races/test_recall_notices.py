"""Notices of the public recall feed, concurrent with other readers, publications and decisions."""

import asyncio
import json
from typing import Any

import asyncpg
import pytest

from backend.recalls.feed import Item
from tests.recall_feed import AS_KEPT
from tests.town import Merchant, Shop, Town
from tests.town.databases import WORKER, Connection, become

TAKE = (
    "select * from app.take_recall_notice('2026-11-0042', 1, now(), 'Pâte à tartiner', 'Les Noisettes', 'Listeria',"
    " null, null, $1::jsonb)"
)
LIST = """
insert into app.lots (shop_id, title, category, kind, original_price_cents, price_cents, quantity, pickup_start,
                      pickup_end, date_kind, gtin, batch, status)
values ($1, $2, 'dairy', 'discounted', 800, 400, 5, now(), now() + interval '1 hour', 'none', $3, $4, 'published')
"""
WITHOUT_A_LOCK = """
create or replace function app.refuse_recalled(wanted_gtin text, wanted_batch text, wanted_date date, lenient boolean)
returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if app.is_recalled(wanted_gtin, wanted_batch, wanted_date, lenient) then
        raise exception 'lot.recalled' using errcode = 'EP409';
    end if;
end $$;
"""


def items(*batches: str) -> str:
    return json.dumps([Item(AS_KEPT, "batch", batch).as_json() for batch in batches])


async def _publishes(hand: Connection, merchant: Merchant, shop: Shop, title: str, *food: str | None) -> None:
    await become(hand, merchant.id)
    await hand.execute(LIST, shop.id, title, *food)


async def test_several_workers_take_a_notice_once(town: Town) -> None:
    lots = [await town.a_lot(gtin=AS_KEPT, batch=batch) for batch in ("L1", "L2")]
    async with town.copy.connections(4, WORKER) as workers:
        taken = await asyncio.gather(*(w.fetch(TAKE, items("L1", "L2")) for w in workers))

    assert sorted(row["frozen"] or 0 for (row,) in taken) == [0, 0, 0, 2]
    assert await town.value("select count(*) from app.recalls") == 2
    ended = await town.rows("select args ->> 'lot_id' as lot from jobs.procrastinate_jobs"
                            " where task_name = 'recalls.end_lot'")  # fmt: skip
    assert sorted(row["lot"] for row in ended) == sorted(str(lot.id) for lot in lots)


@pytest.mark.parametrize("first", ["publication", "notice"])
@pytest.mark.parametrize("careful", [True, False], ids=["the act", "control"])
async def test_food_of_a_notice_cannot_be_published_concurrently(town: Town, first: str, careful: bool) -> None:
    if not careful:
        await town.changes(WITHOUT_A_LOCK)
    shop = await town.a_shop()
    async with town.copy.connection(WORKER) as worker, town.copy.connections(1) as (hand,):
        if first == "publication":  # the lot is written but not committed when the notice is compared with lots
            publishing = hand.transaction()
            await publishing.start()
            await _publishes(hand, shop.merchant, shop, "x", AS_KEPT, "L1")
            taking = asyncio.create_task(worker.fetchval(TAKE, items("L1")))
            await asyncio.sleep(0.2)
            assert taking.done() is not careful
            await publishing.commit()
            await taking
        else:  # the notice is written but not committed when the lot's trigger looks for recalls
            taking_ = worker.transaction()
            await taking_.start()
            await worker.fetchval(TAKE, items("L1"))
            said: Any = None
            try:
                async with hand.transaction():
                    await _publishes(hand, shop.merchant, shop, "x", AS_KEPT, "L1")
            except asyncpg.PostgresError as refusal:
                said = str(refusal)
            assert said == ("try_again" if careful else None)
            await taking_.commit()

    assert await town.value("select count(*) from app.lots where status = 'published'") == (0 if careful else 1)


@pytest.mark.parametrize("again", [True, False], ids=["compared again", "control"])
async def test_a_name_published_while_a_notice_is_read_is_asked_about(town: Town, again: bool) -> None:
    shop = await town.a_shop()
    async with town.copy.connection(WORKER) as worker, town.copy.connections(1) as (hand,):
        publishing = hand.transaction()
        await publishing.start()
        await _publishes(hand, shop.merchant, shop, "Pâte à tartiner Les Noisettes", None, None)
        await worker.fetchval(TAKE, items("L1"))
        await publishing.commit()
        if again:
            await worker.execute("select app.recall_feed_read(now())")

    assert await town.value("select count(*) from app.recall_matches") == (1 if again else 0)


async def test_two_admins_decide_once(town: Town) -> None:
    admins = [await town.an_admin(name) for name in ("Odile", "Bruno")]
    lot, marc = await town.a_lot(gtin=AS_KEPT), await town.a_customer()
    bought = await marc.buys(lot)
    async with town.copy.connection(WORKER) as worker:
        notice = await worker.fetchval(TAKE, items("L1"))
    path = f"/admin/recall-notices/{notice}/decide"

    answers = await asyncio.gather(
        *(admin.asks("POST", path, {"recall": recall}) for admin in admins for recall in (True, True))
    )
    await town.worker_runs()

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert await town.value("select count(*) from app.recalls") == 1
    assert await town.status_of(bought) == "cancelled"


async def test_reservations_concurrent_with_a_notice_are_all_cancelled(town: Town) -> None:
    lots = [await town.a_lot(gtin=AS_KEPT, batch="L1", left=30), await town.a_lot(gtin=AS_KEPT, batch="L2", left=30)]
    people = [await town.a_customer() for _ in range(8)]
    async with town.copy.connection(WORKER) as worker:
        *answers, _ = await asyncio.gather(
            *(person.sends_reservation(lot) for person in people for lot in lots),
            worker.fetchval(TAKE, items("L1", "L2")),
        )
    await town.worker_runs()

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert await town.value("select count(*) from app.reservations where status in ('held', 'confirmed')") == 0
    assert await town.stock_is_exact()
