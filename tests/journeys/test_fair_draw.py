"""Free lots with a fair draw: those who received least lately come first, then chance decides, verifiably."""

import random
from collections import Counter
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from backend.waiting.draws import Candidate, order
from tests.town import Beneficiary, Lot, Town
from tests.town.answers import refusal_in


async def received(town: Town, beneficiary: Beneficiary, *, days_ago: int, status: str = "picked_up") -> None:
    """Record a reservation of a free portion that a beneficiary made some days ago."""
    lot = await town.a_free_lot(left=9)
    if status != "cancelled":
        await town.changes("update app.lot_stock set remaining = 8 where lot_id = $1", lot.id)
    await town.changes(
        "insert into app.reservations (lot_id, account_id, quantity, unit_price_cents, status, quota_day, created_at)"
        " values ($1, $2, 1, 0, $3, app.paris_day(app.clock()) - $4::int, app.clock() - make_interval(days => $4))",
        lot.id,
        beneficiary.id,
        status,
        days_ago,
    )


async def a_drawn_lot(town: Town, portions: int) -> tuple[Lot, Beneficiary]:
    """Make a free lot with a fair draw, and a beneficiary with the quota to reserve all of it."""
    sophie = await town.a_merchant()
    listed = await sophie.lists(
        await town.a_shop(sophie), kind="free", price_cents=0, quantity=portions, fair_draw=True
    )
    assert listed["fair_draw"] is True
    holder = await town.a_beneficiary("Zoé")
    await town.changes("update app.settings set value = $1 where name = 'free_portions_per_day'", max(2, portions))
    lot = await town.a_free_lot()
    return Lot(UUID(listed["id"]), lot.shop, "free", 0, lot.pickup_start, lot.pickup_end), holder


async def test_those_who_received_least_are_drawn_first_verifiably(town: Town) -> None:
    lot, zoe = await a_drawn_lot(town, 3)
    taken = await zoe.reserves(lot, 3)
    amina, bilal, chloe, driss = [await town.a_beneficiary(name) for name in ("Amina", "Bilal", "Chloé", "Driss")]
    await received(town, amina, days_ago=3)
    await received(town, amina, days_ago=29)
    await received(town, bilal, days_ago=5, status="confirmed")
    # These do not count: too long ago, or not received.
    await received(town, chloe, days_ago=31)
    await received(town, driss, days_ago=2, status="no_show")
    await received(town, driss, days_ago=2, status="cancelled")
    entries = {who: await who.waits(lot, 2) for who in (amina, bilal, chloe, driss)}
    assert {entry["place"] for entry in entries.values()} == {None}

    await zoe.cancels(taken)
    offered = {who: (await who.waiting(entry))["offered"] for who, entry in entries.items()}
    assert (offered[amina], offered[bilal]) == (None, None)
    assert sorted((offered[chloe], offered[driss])) == [1, 2]
    assert await town.left(lot) == 0
    assert await town.stock_is_exact()

    # The record names waiting entries and figures but no person, and the draw can be computed again from it.
    odile = await town.an_admin()
    [draw] = (await odile.gets(f"/admin/lots/{lot.id}/draws"))["data"]
    lately = [(one["waiting_id"], one["portions_lately"], one["offered"]) for one in draw["candidates"]]
    ids = {who: entry["id"] for who, entry in entries.items()}
    assert {one[0] for one in lately[:2]} == {ids[chloe], ids[driss]}
    assert lately[2:] == [(ids[bilal], 1, 0), (ids[amina], 2, 0)]
    again = order(bytes.fromhex(draw["seed"]), [Candidate(UUID(waiting), count) for waiting, count, _ in lately])
    assert [str(one) for one in again] == [one[0] for one in lately]
    assert (draw["order_holds"], draw["portions"]) == (True, 3)
    people = (amina, bilal, chloe, driss, zoe)
    assert not [who for who in people if str(who.id) in str(draw) or who.code in str(draw)]
    for who in (amina, await town.a_merchant()):
        assert refusal_in(await who.asks("GET", f"/admin/lots/{lot.id}/draws")).code == "access.forbidden"

    # When an offer lapses, its portions are drawn again, with another seed, among those who wait then.
    await town.clock(await town.now() + timedelta(minutes=16))
    await town.worker_runs()
    draws = (await odile.gets(f"/admin/lots/{lot.id}/draws"))["data"]
    assert len({one["seed"] for one in draws}) == len(draws) >= 2
    assert (await bilal.waiting(entries[bilal]))["offered"] is not None
    assert await town.stock_is_exact()

    # A draw cannot be rewritten; if someone disables the trigger and does it, the order no longer holds.
    with pytest.raises(asyncpg.PostgresError, match=r"record\.append_only"):
        await town.changes("update app.draws set seed = $1", uuid4().bytes * 2)
    await town.changes("alter table app.draws disable trigger draws_do_not_change")
    await town.changes(
        "update app.draws set candidates = jsonb_build_array(candidates->3, candidates->0) where id = $1",
        UUID(draw["id"]),
    )
    assert (await odile.gets(f"/admin/lots/{lot.id}/draws"))["data"][0]["order_holds"] is False


async def test_the_draw_in_sql_and_python_is_the_same_and_favours_nobody(town: Town) -> None:
    """Draw from a random waiting list (a failure prints its seed). Over many draws, equals come first equally often."""
    number = random.randrange(2**32)  # noqa: S311
    dice = random.Random(number)  # noqa: S311  not for secrets
    lot = await town.a_free_lot(left=9, fair_draw=True)
    people = [await town.a_beneficiary(f"B{one}") for one in range(8)]
    lately = {who.id: dice.randrange(3) for who in people}
    for who in people:
        for _ in range(lately[who.id]):
            await received(town, who, days_ago=dice.randrange(1, 29))
    waiting = {
        await town.value(
            "insert into app.waiting (lot_id, account_id, quantity) values ($1, $2, 1) returning id", lot.id, who.id
        ): lately[who.id]
        for who in people
    }
    first: Counter[UUID] = Counter()
    rounds = 200
    for _ in range(rounds):
        seed = dice.randbytes(32)
        rows = await town.rows("select line.* from app.lots l, app.line(l, $2) line where l.id = $1", lot.id, seed)
        drawn = [row["waiting"] for row in rows]
        assert drawn == order(seed, [Candidate(entry, count) for entry, count in waiting.items()]), number
        first[drawn[0]] += 1

    least = [entry for entry, count in waiting.items() if count == min(lately.values())]
    assert set(first) <= set(least), number
    for entry in least:
        mean = rounds / len(least)
        assert abs(first[entry] - mean) < 6 * mean**0.5, number

    # The control: without a seed there is no chance, and the order is that of waiting.
    rows = await town.rows("select line.* from app.lots l, app.line(l, null) line where l.id = $1", lot.id)
    assert [row["waiting"] for row in rows] == list(waiting)


async def test_only_free_lots_have_a_draw_and_it_is_fixed_once_reserved(town: Town) -> None:
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    fields = await town.lot_fields(shop)
    refusal = refusal_in(await sophie.asks("POST", "/lots", {**fields, "fair_draw": True}))
    assert (refusal.status, refusal.code) == (422, "lot.fair_draw_not_free")
    listed = await sophie.lists(shop, kind="free", price_cents=0, fair_draw=True)
    path = f"/lots/{listed['id']}"
    assert (await sophie.asks("PATCH", path, {"fair_draw": False})).json()["fair_draw"] is False
    assert (await sophie.asks("PATCH", path, {"fair_draw": True})).json()["fair_draw"] is True
    priced = {"kind": "discounted", "price_cents": 400}
    assert refusal_in(await sophie.asks("PATCH", path, priced)).code == "lot.fair_draw_not_free"

    lot = await town.a_free_lot()
    amina = await town.a_beneficiary()
    await amina.reserves(Lot(UUID(listed["id"]), shop, "free", 0, lot.pickup_start, lot.pickup_end))
    assert refusal_in(await sophie.asks("PATCH", path, {"fair_draw": False})).code == "lot.has_reservations"
