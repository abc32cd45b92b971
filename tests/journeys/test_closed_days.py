"""The platform's figures of days on which nothing can change any more: the worker adds them up once and keeps them."""

import asyncio
from datetime import timedelta
from typing import Any

from tests.journeys.test_figures import closes, numbers, sells
from tests.journeys.test_stations import _a_station
from tests.town import Person, Town
from tests.town.answers import refusal_in
from tests.town.databases import WORKER

HOUR = timedelta(hours=1)
KEPT = "select day::text, offered, reserved, collected, food_grams from app.platform_days order by day"


async def figures(admin: Person, since: str, until: str, by: str = "day") -> dict[str, Any]:
    """Return the platform's figures without how things stand now, which may change meanwhile."""
    found: dict[str, Any] = await admin.gets("/admin/figures", **{"from": since, "to": until, "by": by})
    del found["now"]
    return found


async def a_few_days(town: Town) -> None:
    """Sell, give and withdraw something on the first and the third of December, and let these days pass."""
    here, far = await town.a_shop(), await town.a_shop(commune="97411")
    await sells(town, here, "2026-12-01T12:00:00+01:00", 2, weight_grams=400)
    await sells(town, far, "2026-12-01T21:00:00+01:00")
    await town.clock("2026-12-03T12:00:00+01:00")
    lot = await town.a_lot(shop=here, left=8, opens_in=2 * HOUR, lasts=HOUR)
    free = await town.a_free_lot(shop=here, left=3, opens_in=2 * HOUR, lasts=HOUR)
    gone = await town.a_lot(shop=here, left=9, opens_in=2 * HOUR, lasts=HOUR)
    amina, donor = await town.a_beneficiary(), await town.a_customer("Jeanne")
    await (await town.a_customer("Karim")).buys(lot, 2)  # who does not come
    await donor.gives(lot)
    passes = [
        await amina.pass_for(await amina.reserves(await town.suspended_lot_of(lot))),
        await amina.pass_for(await amina.reserves(free)),
    ]
    await here.merchant.withdraws(gone)
    await town.opens(lot)
    for shown in passes:
        await here.merchant.hands_over(shown)
    await closes(town, lot)


async def test_closed_days_have_the_figures_that_were_counted(town: Town) -> None:
    await a_few_days(town)
    odile = await town.an_admin()
    await town.clock("2026-12-04T23:59:59+01:00")
    await town.worker_runs()
    # The first two days are closed; a station may still report a pickup of the third.
    assert [row[0] for row in await town.rows(KEPT)] == ["2026-12-01", "2026-12-02"]
    periods = [("2026-12-01", "2026-12-03", by) for by in ("day", "week", "month")]
    before = [await figures(odile, *period) for period in periods]
    await town.clock("2026-12-05T00:00:00+01:00")
    await town.worker_runs()
    assert [tuple(row) for row in await town.rows(KEPT)] == [
        ("2026-12-01", 10, 3, 3, 1300),
        ("2026-12-02", 0, 0, 0, 0),
        ("2026-12-03", 11, 4, 2, 1000),
    ]

    assert [await figures(odile, *period) for period in periods] == before

    first, second, third = before[0]["rows"]
    assert numbers(first) == (10, 3, 3, 7, 1200, 2400, 1.3, 2.3)
    assert numbers(third)[:4] == (11, 4, 2, 9)
    # Only what is kept was read: a row of which nothing is left in the tables still counts.
    await town.changes("update app.lots set status = 'draft' where status = 'ended'")
    assert numbers((await figures(odile, "2026-12-01", "2026-12-01"))["total"]) == numbers(first)
    # Nor do days before and after the closed ones come from them.
    assert numbers((await figures(odile, "2026-12-04", "2026-12-04"))["total"])[:4] == (0, 0, 0, 0)
    assert numbers((await figures(odile, "2026-11-30", "2026-12-04"))["total"])[:4] == (21, 7, 5, 16)
    assert numbers(second)[:4] == (0, 0, 0, 0)


async def test_a_shop_s_figures_do_not_come_from_closed_days(town: Town) -> None:
    shop = await town.a_shop()
    await sells(town, shop, "2026-12-01T12:00:00+01:00")
    await town.clock("2026-12-05T00:00:00+01:00")
    await town.worker_runs()
    assert len(await town.rows(KEPT)) == 3

    asked = {"from": "2026-12-01", "to": "2026-12-01"}
    assert (await shop.merchant.gets(f"/shops/{shop.id}/figures", **asked))["total"]["collected"] == 1
    other = await town.a_shop()
    assert (await other.merchant.gets(f"/shops/{other.id}/figures", **asked))["total"]["collected"] == 0


async def test_a_pickup_that_a_station_reports_late_is_in_its_day(town: Town) -> None:
    await town.clock("2026-12-01T22:00:00+01:00")
    shop, marc = await town.a_shop(), await town.a_customer()
    device, _ = await _a_station(shop)
    lot = await town.a_lot(shop=shop, left=5, opens_in=timedelta(0), lasts=timedelta(minutes=119))
    shown = await marc.pass_for(await marc.buys(lot))
    at = await town.now() + timedelta(minutes=118)
    for moment in (lot.pickup_end, "2026-12-02T11:00:00+01:00"):
        await town.clock(moment)
        await town.worker_runs()
    assert await town.rows(KEPT) == []

    late = {"qr": shown.qr, "pin": shown.pin, "shown_at": at.isoformat()}
    assert (await device.asks("POST", "/pickups", late)).status_code == 200

    await town.clock("2026-12-03T00:00:00+01:00")
    await town.worker_runs()
    assert [tuple(row)[:4] for row in await town.rows(KEPT)] == [("2026-12-01", 5, 1, 1)]


async def test_a_day_waits_for_a_lot_that_has_not_ended(town: Town) -> None:
    shop, marc = await town.a_shop(), await town.a_customer()
    await sells(town, shop, "2026-12-01T12:00:00+01:00")
    await town.clock("2026-12-02T12:00:00+01:00")
    lot = await town.a_lot(shop=shop, left=4, opens_in=timedelta(0), lasts=HOUR)
    await shop.merchant.hands_over(await marc.pass_for(await marc.buys(lot)))
    await sells(town, shop, "2026-12-03T12:00:00+01:00")
    await town.changes("update app.lots set status = 'paused' where id = $1", lot.id)
    await town.clock("2026-12-10T12:00:00+01:00")
    assert await town.value("select app.close_platform_days(30)") == 0
    assert [row[0] for row in await town.rows(KEPT)] == ["2026-12-01"]

    await town.worker_runs()

    kept = {row[0]: tuple(row)[1:4] for row in await town.rows(KEPT)}
    assert list(kept) == [f"2026-12-{day:02}" for day in range(1, 9)]
    assert kept["2026-12-02"] == (4, 1, 1)
    assert kept["2026-12-03"] == (5, 1, 1)


async def test_a_day_waits_for_a_free_lot_that_is_on_offer_for_longer(town: Town) -> None:
    await town.clock("2026-12-01T12:00:00+01:00")
    shop, jeanne = await town.a_shop(), await town.a_customer("Jeanne")
    lot = await town.a_lot(shop=shop, left=4, opens_in=timedelta(0), lasts=HOUR)
    await jeanne.gives(lot)
    beside = await town.suspended_lot_of(lot)
    late = (lot.pickup_end + timedelta(days=4), lot.pickup_end + timedelta(days=4, hours=1))
    await town.changes("update app.lots set pickup_start = $2, pickup_end = $3 where id = $1", beside.id, *late)
    await closes(town, lot)
    await sells(town, shop, "2026-12-02T12:00:00+01:00")
    await town.clock("2026-12-05T12:00:00+01:00")
    await town.worker_runs()
    assert await town.rows(KEPT) == []

    await town.clock("2026-12-06T12:00:00+01:00")
    await town.worker_runs()

    kept = [tuple(row)[:4] for row in await town.rows(KEPT)]
    assert kept == [("2026-12-01", 4, 0, 0), ("2026-12-02", 5, 1, 1), ("2026-12-03", 0, 0, 0), ("2026-12-04", 0, 0, 0)]


async def test_nothing_is_added_to_a_day_that_is_closed(town: Town) -> None:
    """Neither an old draft that is recalled, nor a paused lot that is moved into the past."""
    await town.clock("2026-12-01T09:00:00+01:00")
    shop, odile = await town.a_shop(), await town.an_admin()
    draft = await town.a_lot(shop=shop, left=8, gtin="03017620422003", status="draft", lasts=3 * HOUR)
    paused = await town.a_lot(shop=shop, left=7, opens_in=timedelta(days=9), lasts=HOUR)
    await town.changes("update app.lots set status = 'paused' where id = $1", paused.id)
    await sells(town, shop, "2026-12-01T12:00:00+01:00")
    await town.clock("2026-12-04T12:00:00+01:00")
    await town.worker_runs()
    assert tuple((await town.rows(KEPT))[0])[:4] == ("2026-12-01", 5, 1, 1)

    await odile.posts("/admin/recalls", {"gtin": "3017620422003", "reason": "x"})
    past = {"pickup_start": "2026-12-01T10:00:00+01:00", "pickup_end": "2026-12-01T11:00:00+01:00"}
    refusal = refusal_in(await shop.merchant.asks("PATCH", f"/lots/{paused.id}", past))
    await town.worker_runs()

    assert refusal.code == "lot.window_over"
    assert await town.value("select status from app.lots where id = $1", draft.id) == "recalled"
    asked = {"from": "2026-12-01", "to": "2026-12-01"}
    own = (await shop.merchant.gets(f"/shops/{shop.id}/figures", **asked))["total"]
    assert (own["offered"], own["lost"]) == (5, 4)
    await town.changes("select app.rebuild_figures()")
    assert numbers((await figures(odile, *asked.values()))["total"]) == numbers(own)
    # A paused lot can still be changed, and moved within what is to come.
    soon = {"pickup_start": "2026-12-04T13:00:00+01:00", "pickup_end": "2026-12-04T14:00:00+01:00"}
    assert (await shop.merchant.asks("PATCH", f"/lots/{paused.id}", soon)).status_code == 200


async def test_no_day_before_those_of_the_first_figures_is_closed(town: Town) -> None:
    """Figures begin in 2020, and are compared with up to 400 days before."""
    shop = await town.a_shop()
    draft = await town.a_lot(shop=shop, status="draft")
    mistyped = "pickup_start = '0202-12-01 10:00Z', pickup_end = '0202-12-01 11:00Z'"
    await town.changes(f"update app.lots set {mistyped} where id = $1", draft.id)  # noqa: S608
    await shop.merchant.withdraws(draft)

    assert await town.value("select app.close_platform_days(3)") == 3

    assert [row[0] for row in await town.rows(KEPT)] == ["2018-11-27", "2018-11-28", "2018-11-29"]


async def test_workers_at_once_close_each_day_once(town: Town) -> None:
    shop = await town.a_shop()
    await sells(town, shop, "2026-12-01T12:00:00+01:00")
    await town.clock("2026-12-10T12:00:00+01:00")
    close = "select app.close_platform_days(30)"
    async with town.copy.connections(2, WORKER) as (one, other):
        under_way = one.transaction()
        await under_way.start()
        assert await one.fetchval(close) == 8
        assert await other.fetchval(close) == 0  # at once, instead of waiting
        await under_way.rollback()
        assert await town.rows(KEPT) == []  # a crash in the middle leaves nothing
        assert await other.fetchval("select app.close_platform_days(3)") == 3
        assert await one.fetchval(close) == 5
    assert len(await town.rows(KEPT)) == 8


async def test_rebuilding_waits_for_days_that_are_being_closed(town: Town) -> None:
    await sells(town, await town.a_shop(), "2026-12-01T12:00:00+01:00")
    await town.clock("2026-12-10T12:00:00+01:00")
    async with town.copy.connections(2, WORKER) as (one, other):
        closing = one.transaction()
        await closing.start()
        assert await one.fetchval("select app.close_platform_days(30)") == 8
        rebuilding = asyncio.ensure_future(other.execute("select app.rebuild_figures()"))
        waits = "select exists (select from pg_locks where locktype = 'advisory' and not granted)"
        while not await town.value(waits):
            assert not rebuilding.done()
            await asyncio.sleep(0.01)
        await closing.commit()
        await rebuilding
    assert await town.rows(KEPT) == []


async def test_rebuilding_figures_counts_closed_days_anew(town: Town) -> None:
    odile, shop = await town.an_admin(), await town.a_shop()
    await sells(town, shop, "2026-12-01T12:00:00+01:00")
    await sells(town, shop, "2026-12-04T12:00:00+01:00")
    await town.clock("2026-12-10T12:00:00+01:00")
    await town.worker_runs()
    period = ("2026-12-01", "2026-12-04")
    before = (await figures(odile, *period))["total"]
    await town.changes("set session_replication_role = replica")  # triggers protect the entries
    await town.changes("update app.impact_entries set food_grams = food_grams + 100")  # a mistake was found
    await town.changes("set session_replication_role = origin")
    assert (await figures(odile, *period))["total"] == before

    await town.changes("select app.rebuild_figures(since => '2026-12-03')")

    # The second may have a pickup that was reported on the third.
    assert [row[0] for row in await town.rows(KEPT)] == ["2026-12-01"]
    half = (await figures(odile, *period))["total"]
    await town.changes("select app.rebuild_figures()")
    whole = (await figures(odile, *period))["total"]
    assert [one["food_kg"] for one in (before, half, whole)] == [1.0, 1.1, 1.2]
    await town.worker_runs()
    assert len(await town.rows(KEPT)) == 8
    assert (await figures(odile, *period))["total"] == whole
