"""Conversion: unsold portions become free at the time that their merchant chose; sold portions stay sold."""

from datetime import date, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from tests.town import Lot, Town, refused
from tests.town.answers import accepted, refusal_in
from tests.town.databases import WORKER


async def _converts(town: Town) -> int:
    """Run only the worker's conversion and return how many lots it converted."""
    async with town.copy.connection(WORKER) as worker:
        converted: int = await worker.fetchval("select app.convert_unsold(100)")
    return converted


async def _near(person: Any, lot: Lot, **filters: Any) -> list[dict[str, Any]]:
    asked = {"near": f"{lot.shop.latitude},{lot.shop.longitude}", **filters}
    found: list[dict[str, Any]] = (await person.gets("/lots", **asked))["data"]
    return found


async def test_unsold_portions_become_free_and_sold_ones_stay_sold(town: Town) -> None:
    sophie, marc, jeanne = await town.a_merchant(), await town.a_customer(), await town.a_customer("Jeanne")
    amina = await town.a_beneficiary()
    start, end = await town.now() - timedelta(hours=1), await town.now() + timedelta(hours=3)
    listed = await sophie.lists(
        await town.a_shop(sophie),
        pickup_start=start.isoformat(),
        pickup_end=end.isoformat(),
        becomes_free_at=(end - timedelta(hours=1)).isoformat(),
    )
    lot = (await town.rows("select * from app.lots"))[0]
    assert (await marc.gets(f"/lots/{lot['id']}"))["becomes_free_at"] is None  # only its merchant sees it
    paid_lot = Lot(lot["id"], await town.a_shop(sophie), "discounted", 400, start, end)
    bought, held = await marc.buys(paid_lot, 2), await jeanne.reserves(paid_lot)
    shown = await marc.pass_for(bought)
    assert await _converts(town) == 0

    await town.clock(end - timedelta(hours=1))
    await town.worker_runs()  # the hold has lapsed by now, so its portion becomes free too

    free = await sophie.gets(f"/lots/{listed['id']}")
    assert (free["kind"], free["price_cents"], free["remaining"], free["status"]) == ("free", 0, 3, "published")
    assert await _near(marc, paid_lot) == []
    assert [found["id"] for found in await _near(amina, paid_lot, kind="free")] == [listed["id"]]
    assert (await marc.tries_to_reserve(paid_lot)).code == "lot.sold_out"
    assert await town.status_of(held) == "expired"
    assert await town.value("select unit_price_cents from app.reservations where id = $1", bought.id) == 400
    assert (await marc.pass_for(bought)).body == shown.body
    assert (await marc.gets(f"/reservations/{bought.id}"))["total_cents"] == 800

    taken = await amina.reserves(paid_lot, 2)
    gift = await amina.pass_for(taken)
    paid_answer, free_answer = await sophie.hands_over(shown), await sophie.hands_over(gift)

    assert paid_answer.keys() == free_answer.keys()
    assert shown.body.keys() == gift.body.keys()
    assert {k: paid_answer[k] for k in ("title", "quantity")} == {k: free_answer[k] for k in ("title", "quantity")}
    assert (await town.left(paid_lot), await town.taken_today(amina)) == (1, 2)
    assert await town.money(bought) == (800, 0)
    impact = await town.rows(
        "select r.unit_price_cents, e.value_saved_cents, e.recovered_by_shops_cents, e.people_helped"
        " from app.impact_entries e join app.reservations r on r.id = e.reservation_id order by 1"
    )
    assert [tuple(row) for row in impact] == [(0, 1600, 0, 1), (400, 1600, 800, 0)]
    assert await _converts(town) == 0
    assert await town.stock_is_exact()


async def test_a_hold_that_lapses_after_conversion_returns_free_portions(town: Town) -> None:
    marc, amina = await town.a_customer(), await town.a_beneficiary()
    lot = await town.a_lot(left=2, opens_in=timedelta(hours=-1), becomes_free_at=await town.now())
    sold_out = await town.a_lot(left=1, opens_in=timedelta(hours=-1), becomes_free_at=await town.now())
    held, all_held = await marc.reserves(lot), await marc.reserves(sold_out)

    assert await _converts(town) == 1  # the other lot has nothing unsold
    assert await town.left(lot) == 1
    later = await town.now() + timedelta(minutes=11)
    await town.clock(later)
    await town.worker_runs()

    assert [await town.status_of(r) for r in (held, all_held)] == ["expired"] * 2
    assert (await amina.reserves(lot)).status == "confirmed"
    assert (await amina.reserves(sold_out)).status == "confirmed"
    assert await town.left(lot) == 1


async def test_a_hold_can_be_paid_after_its_lot_became_free(town: Town) -> None:
    marc = await town.a_customer()
    lot = await town.a_lot(left=2, opens_in=timedelta(hours=-1), becomes_free_at=await town.now())
    held = await marc.reserves(lot)
    assert await _converts(town) == 1

    paid = await marc.pays(held)

    assert (paid.status, paid.body["unit_price_cents"]) == ("confirmed", 400)
    assert await town.money(paid) == (400, 0)
    assert (await lot.shop.merchant.hands_over(await marc.pass_for(paid)))["quantity"] == 1


async def test_only_published_unsold_lots_that_are_due_become_free(town: Town) -> None:
    now = await town.now()
    due: dict[str, Any] = {"becomes_free_at": now - timedelta(minutes=1), "opens_in": timedelta(hours=-1)}
    good = await town.a_lot(**due)
    lots = {
        "not chosen": await town.a_lot(),
        "not yet": await town.a_lot(becomes_free_at=now + timedelta(minutes=1)),
        "draft": await town.a_lot(status="draft", **due),
        "withdrawn": await town.a_lot(**due),
        "recalled": await town.a_lot(**due, gtin="03017620422003"),
        "sold": await town.a_lot(left=1, **due),
        "suspended": await town.a_lot(**due),
    }
    await lots["withdrawn"].shop.merchant.withdraws(lots["withdrawn"])
    odile = await town.an_admin()
    await odile.posts("/admin/recalls", {"gtin": "3017620422003", "reason": "x"})
    await odile.suspends_account(lots["suspended"].shop.merchant)
    await (await town.a_customer()).buys(lots["sold"])

    assert await _converts(town) in (0, 1)  # the worker that handled the payment may have converted it already
    kinds = {name: await town.value("select kind from app.lots where id = $1", lot.id) for name, lot in lots.items()}

    assert await town.value("select kind from app.lots where id = $1", good.id) == "free"
    assert set(kinds.values()) == {"discounted"}, kinds
    await odile.restores_account(lots["suspended"].shop.merchant)
    assert await _converts(town) == 1
    await town.clock(now + timedelta(hours=10))
    assert await _converts(town) == 0  # its window is over
    assert await town.value("select count(*) from app.lots where converted_at is not null") == 2


async def test_no_lot_becomes_free_after_its_use_by_date(town: Town) -> None:
    """Two constraints keep lots past their date off sale. With one of them dropped, the act still refuses."""
    await town.clock("2026-03-28T22:00:00+01:00")
    fields: dict[str, Any] = {"opens_in": timedelta(0), "lasts": timedelta(minutes=90), "date_kind": "use_by"}
    fields |= {"food_date": date(2026, 3, 28), "becomes_free_at": await town.now()}
    lot, late = await town.a_lot(**fields), await town.a_lot(**fields)
    await town.changes("alter table app.lots drop constraint lots_use_by_check")
    await town.changes("update app.lots set pickup_end = pickup_end + interval '1 day' where id = $1", late.id)

    await town.clock("2026-03-29T00:00:00+01:00")
    assert await _converts(town) == 0
    await town.clock("2026-03-28T23:29:59+01:00")
    assert await _converts(town) == 2
    assert await town.value("select count(*) from app.lots where kind = 'free'") == 2
    assert lot.id != late.id


async def test_a_merchant_changes_the_conversion_time_until_it_happens(town: Town) -> None:
    lot = await town.a_lot(left=3, opens_in=timedelta(hours=-1))
    sophie, path = lot.shop.merchant, f"/lots/{lot.id}"
    await (await town.a_customer()).reserves(lot)
    at = (await town.now() + timedelta(hours=1)).isoformat()

    async def changes(**fields: Any) -> str | None:
        answer = await sophie.asks("PATCH", path, fields)
        return None if answer.is_success else refusal_in(answer).code

    assert await changes(becomes_free_at=at) is None  # accepted, although somebody has reserved
    assert datetime.fromisoformat((await sophie.gets(path))["becomes_free_at"]) == datetime.fromisoformat(at)
    assert await changes(becomes_free_at=lot.pickup_end.isoformat()) == "lot.becomes_free_invalid"
    long_past = (await town.now() - timedelta(days=1)).isoformat()
    assert await changes(becomes_free_at=long_past) == "lot.becomes_free_invalid"
    assert await changes(becomes_free_at=None) is None
    assert await changes(becomes_free_at=(await town.now()).isoformat()) is None
    before = (await sophie.asks("GET", path)).headers["etag"]
    assert await _converts(town) == 1

    stale = await sophie.asks("PATCH", path, {"title": "x"}, headers={"If-Match": before})
    assert refusal_in(stale).code == "precondition.failed"
    for fields in (
        {"kind": "discounted", "price_cents": 400, "becomes_free_at": None},
        {"kind": "discounted", "price_cents": 400},
        {"becomes_free_at": None},
    ):
        assert await changes(**fields) == "lot.converted"
    assert await changes(quantity=4) is None
    free = accepted(await sophie.asks("GET", path)).json()
    assert (free["kind"], free["price_cents"], free["quantity"], free["remaining"]) == ("free", 0, 4, 3)
    refusal = await refused(
        sophie.lists(lot.shop, kind="free", price_cents=0, becomes_free_at=at)  # it is free already
    )
    assert (refusal.status, refusal.code) == (422, "lot.becomes_free_invalid")


async def test_earlier_customers_do_not_see_the_converted_lot(town: Town) -> None:
    """To them it looks sold out, also to a customer whose hold lapsed."""
    marc, jeanne, amina = await town.a_customer(), await town.a_customer("Jeanne"), await town.a_beneficiary()
    lot = await town.a_lot(left=3, opens_in=timedelta(hours=-1), becomes_free_at=await town.now() + timedelta(hours=1))
    bought, held = await marc.buys(lot), await jeanne.reserves(lot)
    path = f"/shops/{lot.shop.id}/lots"
    assert [len((await person.gets(path))["data"]) for person in (marc, jeanne, amina)] == [1, 1, 1]
    await town.clock(await town.now() + timedelta(hours=1))
    assert await _converts(town) == 1

    shown = [(await person.gets(path))["data"] for person in (marc, jeanne, amina)]
    assert [[(seen["kind"], seen["remaining"]) for seen in seen_by] for seen_by in shown] == [
        [("discounted", 0)],
        [("discounted", 0)],
        [("free", 1)],
    ]
    assert len((await lot.shop.merchant.gets(path))["data"]) == 1
    assert (await marc.gets(f"/reservations/{bought.id}"))["total_cents"] == 400
    # A customer whose hold lapsed sees the same, and still reads their reservation.
    await town.worker_runs()
    assert (await jeanne.gets(f"/lots/{lot.id}"))["remaining"] == 0
    lapsed = await jeanne.gets(f"/reservations/{held.id}")
    assert (lapsed["status"], lapsed["title"]) == ("expired", "Panier du soir")
    assert [one["id"] for one in (await jeanne.gets("/reservations"))["data"]] == [str(held.id)]
    assert (await marc.gets(f"/lots/{lot.id}"))["kind"] == "discounted"
    # Apart from her only the shop reads her reservation.
    assert (await marc.asks("GET", f"/reservations/{held.id}")).status_code == 404
    assert (await lot.shop.merchant.gets(f"/reservations/{held.id}"))["title"] == "Panier du soir"


async def test_holders_read_a_lot_that_became_free_as_sold_out(town: Town) -> None:
    marc, jeanne, amina = await town.a_customer(), await town.a_customer("Jeanne"), await town.a_beneficiary()
    lot = await town.a_lot(
        left=9, opens_in=timedelta(hours=-1), becomes_free_at=await town.now() + timedelta(minutes=5)
    )
    bought, held = await marc.buys(lot), await jeanne.reserves(lot, 2)
    before = {person.id: await person.gets(f"/lots/{lot.id}") for person in (marc, jeanne)}
    await town.clock(await town.now() + timedelta(minutes=5))
    assert await _converts(town) == 1
    await amina.reserves(lot)

    for person in (marc, jeanne):
        seen = await person.gets(f"/lots/{lot.id}")
        assert seen == {**before[person.id], "remaining": 0, "free_cancellation_until": None}
        await (await town.a_beneficiary(f"Zoé of {person.name}")).reserves(lot)
        assert await person.gets(f"/lots/{lot.id}") == seen, "nothing that happens to it now shows"
        async with town.sql_as(person) as sql:
            assert await sql.fetch("select kind, price_cents from app.lots where id = $1", lot.id) == []
            assert await sql.fetch("select remaining from app.lot_stock where lot_id = $1", lot.id) == []
    assert (await jeanne.reservation(held)).status == "held"
    paid = await jeanne.pays(held)
    assert (paid.status, paid.body["total_cents"]) == ("confirmed", 800)
    assert (await amina.gets(f"/lots/{lot.id}"))["kind"] == "free"
    for person, reservation in ((marc, bought), (jeanne, paid)):
        await lot.shop.merchant.hands_over(await person.pass_for(reservation))


async def test_nobody_reads_by_sql_when_a_lot_becomes_free(town: Town) -> None:
    lot = await town.a_lot(becomes_free_at=await town.now() + timedelta(hours=4))
    people = [None, await town.a_customer(), await town.a_beneficiary(), await town.an_admin(), await town.a_merchant()]
    for person in (*people, lot.shop.merchant):
        for column in ("becomes_free_at", "converted_at", "*"):
            async with town.sql_as(person) as sql:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await sql.fetch(f"select {column} from app.lots")  # noqa: S608  names of ours
        async with town.sql_as(person) as sql:
            told = await sql.fetchval("select app.becomes_free_at($1)", lot.id)
            assert (told is not None) is (person is lot.shop.merchant)
