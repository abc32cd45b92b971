"""A recall, concurrent with publications, edits, reservations, handovers and cancellations."""

import asyncio
import json
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from tests.races.hands import grab_at_once
from tests.races.test_counter import rewrite_function
from tests.town import Merchant, Person, Shop, Town
from tests.town.databases import WORKER, Connection

GTIN = "03017620422003"
RECALL = "select lots from app.issue_recall($1, null, 'Listeria', null)"
# The control: publishing only looks for recalls, without a lock.
LOOK_ONLY = """
create or replace function app.refuse_recalled(wanted_gtin text, wanted_batch text, wanted_date date, lenient boolean)
returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if app.is_recalled(wanted_gtin, wanted_batch) then raise exception 'lot.recalled' using errcode = 'EP409'; end if;
end $$;
"""
LIST = """
insert into app.lots (shop_id, title, category, kind, original_price_cents, price_cents, quantity, pickup_start,
                      pickup_end, date_kind, gtin, status)
values ($1, 'x', 'dairy', 'discounted', 800, 400, 5, now(), now() + interval '1 hour', 'none', $2, 'published')
"""


async def _becomes(hand: Connection, merchant: Merchant) -> None:
    await hand.execute(
        "select set_config('request.jwt.claims', $1, true), set_config('role', 'authenticated', true)",
        json.dumps({"sub": str(merchant.id), "role": "authenticated"}),
    )


async def _publishes(hand: Connection, shop: Shop) -> str | None:
    async with hand.transaction():
        await _becomes(hand, shop.merchant)
        try:
            await hand.execute(LIST, shop.id, GTIN)
        except asyncpg.PostgresError as refusal:
            assert (refusal.sqlstate or "").startswith("EP")  # noqa: PT017 - any other error is a failure
            return str(refusal)
    return None


@pytest.mark.parametrize("first", ["publication", "recall"])
@pytest.mark.parametrize("careful", [True, False], ids=["the act", "control"])
async def test_a_recalled_product_cannot_be_published_concurrently(town: Town, first: str, careful: bool) -> None:
    if not careful:
        await town.changes(LOOK_ONLY)
    shop = await town.a_shop()
    async with town.copy.connection() as admin, town.copy.connections(1) as (hand,):
        if first == "publication":  # the lot is written but not committed when the recall looks for lots
            publishing = hand.transaction()
            await publishing.start()
            await _becomes(hand, shop.merchant)
            await hand.execute(LIST, shop.id, GTIN)
            recalling = asyncio.create_task(admin.fetchval(RECALL, GTIN))
            await asyncio.sleep(0.2)
            assert recalling.done() is not careful
            await publishing.commit()
            assert await recalling == (1 if careful else 0)
        else:  # the recall is written but not committed when the lot's trigger looks for recalls
            recall = admin.transaction()
            await recall.start()
            assert await admin.fetchval(RECALL, GTIN) == 0
            assert await asyncio.wait_for(_publishes(hand, shop), 5) == ("try_again" if careful else None)
            await recall.commit()

    on_offer = await town.value("select count(*) from app.lots where status = 'published'")
    assert on_offer == (0 if careful else 1)


async def test_a_recurring_listing_is_deferred_while_a_recall_is_running(town: Town) -> None:
    """The worker does not wait for the running recall; it tries the listing again once the recall has ended."""
    await town.clock("2026-06-08T09:00:00+02:00")
    shop = await town.a_shop()
    for gtin in (GTIN, None):
        await town.changes(
            "insert into app.recurring_listings (shop_id, title, category, kind, original_price_cents, price_cents,"
            " quantity, weekdays, publish_at, pickup_from, pickup_until, date_kind, gtin)"
            " values ($1, 'x', 'dairy', 'free', 800, 0, 5, '{1}', '18:00', '18:30', '20:00', 'none', $2)",
            shop.id,
            gtin,
        )
    await town.clock("2026-06-08T18:00:00+02:00")
    async with town.copy.connection() as admin, town.copy.connection(WORKER) as worker:
        for end in ("rollback", "commit"):
            await admin.execute("begin")
            await admin.fetchval(RECALL, GTIN)
            published = await worker.fetchval("select app.publish_recurring(10)", timeout=5)
            assert published == (1 if end == "rollback" else 0)
            await admin.execute(end)
        assert await worker.fetchval("select app.publish_recurring(10)") == 0
    assert await town.value("select array_agg(gtin) from app.lots") == [None]
    assert await town.value("select last_problem from app.recurring_listings where gtin is not null") == "lot.recalled"


async def test_an_edit_and_a_recall_of_one_lot_do_not_deadlock(town: Town) -> None:
    lots = [await town.a_lot(gtin=GTIN) for _ in range(3)]
    merchants = [lot.shop.merchant for lot in lots]
    async with town.copy.connection() as admin:
        answers, frozen = await asyncio.gather(
            asyncio.gather(
                *(
                    m.asks("PATCH", f"/lots/{lot.id}", {"title": f"Panier {n}"})
                    for n in range(4)
                    for m, lot in zip(merchants, lots, strict=True)
                )
            ),
            admin.fetchval(RECALL, GTIN),
        )
    assert frozen == 3
    assert {answer.status_code for answer in answers} <= {200, 409, 503}
    assert await town.value("select array_agg(distinct status) from app.lots") == ["recalled"]


async def _recall(town: Town) -> None:
    async with town.copy.connection() as admin:
        await admin.fetchval(RECALL, GTIN)


async def test_reservations_concurrent_with_a_recall_are_all_cancelled(town: Town) -> None:
    lot, free = await town.a_lot(gtin=GTIN, left=30), await town.a_free_lot(gtin=GTIN, left=30)
    people: list[Person] = [await (town.a_customer() if n % 2 else town.a_beneficiary()) for n in range(20)]

    outcomes, _ = await asyncio.gather(grab_at_once(town, people, [free, lot] * 10), _recall(town))
    await town.worker_runs()

    assert {outcome.refusal for outcome in outcomes} <= {None, "lot.closed"}
    assert (await town.left(lot), await town.left(free)) == (30, 30)
    assert await town.value("select count(*) from app.reservations where status in ('held', 'confirmed')") == 0
    assert await town.stock_is_exact()


async def test_a_handover_concurrent_with_a_recall_comes_first_or_is_refused(town: Town) -> None:
    amina, odile = await town.a_beneficiary(), await town.an_admin()
    lot = await town.a_free_lot(gtin=GTIN, opens_in=timedelta(hours=-1))
    taken = await amina.reserves(lot)
    shown = await amina.pass_for(taken)
    answers = await asyncio.gather(
        odile.asks("POST", "/admin/recalls", {"gtin": GTIN, "reason": "Listeria"}, key=str(uuid4())),
        *(lot.shop.merchant.asks("POST", "/pickups", {"qr": shown.qr, "pin": shown.pin}) for _ in range(4)),
    )
    await town.worker_runs()

    handed = sum(answer.status_code == 200 for answer in answers[1:])
    assert answers[0].status_code == 201
    assert handed <= 1
    assert await town.status_of(taken) == ("picked_up" if handed else "cancelled")
    assert await town.taken_today(amina) == handed
    assert await town.stock_is_exact()


async def test_ending_a_recalled_lot_twice_returns_everything_once(town: Town) -> None:
    """Two workers end the lot while a holder cancels."""
    amina = await town.a_beneficiary()
    lot = await town.a_free_lot(gtin=GTIN, left=9)
    reservations = [await amina.reserves(lot), await (await town.a_beneficiary("Zoé")).reserves(lot, 2)]
    await _recall(town)
    recall = await town.value("select id from app.recalls")
    async with town.copy.connections(2, WORKER) as workers:
        await asyncio.gather(
            *(w.execute("select app.end_recalled_lot($1, $2)", recall, lot.id) for w in workers),
            amina.asks("POST", f"/reservations/{reservations[0].id}/cancel"),
        )
    assert [await town.status_of(r) for r in reservations] == ["cancelled"] * 2
    assert await town.left(lot) == 9
    assert await town.value("select sum(taken) from app.free_portions") == 0
    told = await town.rows(
        "select n.subject, array_agg(d.address) as addresses"
        " from app.notices n join app.notice_deliveries d on d.notice_id = n.id"
        " where n.event = 'lot_recalled' group by 1"
    )
    assert len(told) in (1, 2)
    assert {tuple(sorted(row["addresses"])) for row in told} == {("enrolled",)}
    assert await town.stock_is_exact()


@pytest.mark.parametrize("paid", [True, False], ids=["paid", "free"])
async def test_a_late_cancellation_during_a_recall_returns_everything(town: Town, paid: bool) -> None:
    """The window is open, so an ordinary cancellation would cost them the price or the portion of the day."""
    marc, amina = await town.a_customer(), await town.a_beneficiary()
    opened = timedelta(hours=-1)
    if paid:
        reservation = await marc.buys(await town.a_lot(gtin=GTIN, opens_in=opened))
    else:
        reservation = await amina.reserves(await town.a_free_lot(gtin=GTIN, opens_in=opened))
    async with town.copy.connection() as admin:
        recall = admin.transaction()
        await recall.start()
        await admin.fetchval(RECALL, GTIN)
        cancelling = asyncio.create_task((marc if paid else amina).cancels(reservation))
        await asyncio.sleep(0.3)
        assert not cancelling.done()
        await recall.commit()
    assert (await cancelling).status == "cancelled"
    await town.worker_runs()

    assert await town.money(reservation) == ((400, 400) if paid else (0, 0))
    assert await town.taken_today(amina) == 0
    assert await town.stock_is_exact()


@pytest.mark.parametrize("careful", [True, False], ids=["the act", "control"])
async def test_erasing_a_merchant_during_a_recall_does_not_deadlock(town: Town, careful: bool) -> None:
    """The recall also locks a lot that is over, before the one on sale that the erasure has locked."""
    shop = await town.a_shop()
    over, on_sale = await town.a_lot(shop=shop, gtin=GTIN), await town.a_lot(shop=shop, gtin=GTIN)
    assert over.id < on_sale.id
    await shop.merchant.withdraws(over)
    await rewrite_function(town, "close_shops", "begin\n", "begin\n    perform pg_sleep(0.5);\n")
    if not careful:
        await rewrite_function(town, "erase_account", " or l.gtin is not null", "")
    async with town.copy.connection() as admin, town.copy.connection() as other:
        erasing = asyncio.create_task(admin.execute("select app.erase_account($1, 'asked')", shop.merchant.id))
        await asyncio.sleep(0.2)
        results = await asyncio.gather(erasing, other.fetchval(RECALL, GTIN), return_exceptions=True)

    deadlocks = [one for one in results if isinstance(one, asyncpg.DeadlockDetectedError)]
    assert len(deadlocks) == (0 if careful else 1), results
