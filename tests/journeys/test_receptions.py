"""Receptions by associations: mass balances, impact counts once, what became of it, and who may say so."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.town import Town
from tests.town.answers import refusal_in
from tests.town.rounds import Round, a_collection, a_round


async def delivered(town: Town, **round_: Any) -> Round:
    """Ask for 30 kg, of which 22 are taken and left."""
    tour = await a_round(town, **round_)
    (one,) = tour.collections
    await tour.takes(1, items=[{"item_id": str(one.items[0]), "kg": 22}])
    await tour.leaves()
    return tour


async def receives(tour: Round, **said: Any) -> Any:
    one = tour.collections[0]
    return await tour.association.posts(f"/collections/{one.id}/reception", said)


async def test_30_asked_22_taken_15_accepted_7_refused(town: Town) -> None:
    tour = await delivered(town, vehicle="van", metres=4000)
    (one,) = tour.collections
    before = (await town.request("GET", "/v1/impact")).json()

    got = await receives(
        tour, items=[{"item_id": str(one.items[0]), "kg": 15, "refused_because": "Moisi"}], degrees=3.5
    )
    assert (got["taken_grams"], got["accepted_grams"], got["refused_grams"]) == (22_000, 15_000, 7_000)
    assert (got["food_grams"], got["meals"], got["vehicle"]) == (15_000, 30, "van")
    # 4 km at 491 g, off 30 meals at 900 g.
    assert (got["transport_km"], got["transport_co2e_kg"], got["co2e_kg"]) == (4, 2, 25)

    again = refusal_in(
        await tour.association.asks("POST", f"/collections/{one.id}/reception", {"items": []}, key="again")
    )
    assert (again.status, again.code) == (409, "reception.exists")
    for _ in range(2):
        after = (await town.request("GET", "/v1/impact")).json()
        assert after["food_kg"] - before["food_kg"] == pytest.approx(15)
        assert after["meals"] - before["meals"] == pytest.approx(30)
        assert after["co2e_kg"] - before["co2e_kg"] == pytest.approx(25)
        assert after["people_helped"] == before["people_helped"]
        await town.worker_runs()
    shop = await one.shop.merchant.gets(f"/impact/shops/{one.shop.id}")
    assert (shop["food_kg"], shop["meals"]) == (15, 30)
    trace = await one.shop.merchant.gets(f"/collections/{one.id}/trace")
    assert trace["entries"][-1]["kind"] == "received"
    assert trace["items"][0]["refused_because"] == "Moisi"


async def test_only_one_of_two_receptions_at_once_counts(town: Town) -> None:
    tour = await delivered(town)
    path = f"/collections/{tour.collections[0].id}/reception"
    answers = await asyncio.gather(*(tour.association.asks("POST", path, {"items": []}) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert await town.value("select count(*) from app.collected_impact") == 1


async def test_later_steps_do_not_change_what_was_received(town: Town) -> None:
    tour = await delivered(town)
    (one,) = tour.collections
    await receives(tour)
    said = await tour.takes(1, 50, items=[{"item_id": str(one.items[0]), "grams": 1}])
    assert said["collections"][0]["status"] == "received"
    assert said["collections"][0]["items"][0]["taken_grams"] == 22_000
    got = await tour.association.gets(f"/collections/{one.id}/reception")
    assert got["accepted_grams"] == 22_000


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ({"kg": 22.001}, "reception.more_than_taken"),
        ({"kg": 15}, "reception.reason_missing"),
        ({"crates": 1}, "reception.more_than_taken"),
    ],
)
async def test_a_reception_that_does_not_add_up_is_refused(town: Town, item: dict[str, Any], code: str) -> None:
    tour = await delivered(town)
    (one,) = tour.collections
    body = {"items": [{"item_id": str(one.items[0]), **item}]}
    refusal = refusal_in(await tour.association.asks("POST", f"/collections/{one.id}/reception", body))
    assert (refusal.status, refusal.code) == (422, code)
    assert await tour.status() == "delivered"
    assert await town.value("select count(*) from app.collected_impact") == 0


async def test_frozen_or_too_warm_food_can_only_be_refused(town: Town) -> None:
    milk = {"title": "Yaourts", "category": "dairy", "grams": 8000, "temperature_kind": "perishable"}
    tour = await a_round(town, await a_collection(town, items=[{}, milk]))
    (one,) = tour.collections
    await tour.takes(1, degrees=4)
    await tour.leaves()
    path = f"/collections/{one.id}/reception"
    warm = refusal_in(await tour.association.asks("POST", path, {"degrees": 9}))
    assert (warm.status, warm.code) == (409, "reception.too_warm")

    await tour.reports(tour.last, tour.step("temperature", 31, degrees=9))
    accepted = {"items": [{"item_id": str(one.items[1]), "grams": 8000}]}
    frozen = refusal_in(await tour.association.asks("POST", path, accepted))
    assert (frozen.status, frozen.code) == (409, "reception.item_frozen")
    got = await receives(tour)
    assert (got["accepted_grams"], got["refused_grams"]) == (30_000, 8000)


async def test_unweighed_food_is_weighed_at_the_reception(town: Town) -> None:
    tour = await a_round(town, await a_collection(town, items=[{"crates": 3}]))
    (one,) = tour.collections
    await tour.takes(1)
    path = f"/collections/{one.id}/reception"
    refusal = refusal_in(await tour.association.asks("POST", path, {}))
    assert (refusal.status, refusal.code) == (422, "reception.weight_missing")
    got = await receives(tour, items=[{"item_id": str(one.items[0]), "kg": 21, "crates": 3}])
    assert (got["taken_grams"], got["accepted_grams"], got["food_grams"]) == (21_000, 21_000, 21_000)


async def test_only_the_receiving_association_receives(town: Town) -> None:
    tour = await delivered(town)
    (one,) = tour.collections
    path = f"/collections/{one.id}/reception"
    other = refusal_in(await (await town.an_association("Ailleurs")).asks("POST", path, {}))
    assert (other.status, other.code) == (404, "collection.not_found")
    for person in (tour.collector, one.shop.merchant, await town.a_beneficiary()):
        assert (await person.asks("POST", path, {})).status_code == 403
    early = await a_round(town)
    refusal = refusal_in(await early.association.asks("POST", f"/collections/{early.collections[0].id}/reception", {}))
    assert (refusal.status, refusal.code) == (409, "reception.too_early")


async def test_a_tour_s_transport_is_shared_by_weight(town: Town) -> None:
    association = await town.an_association()
    heavy = await a_collection(town, association=association, items=[{"grams": 30_000}])
    light = await a_collection(town, association=association, items=[{"grams": 10_000}])
    tour = await a_round(town, heavy, light, vehicle="car", metres=8000)
    await tour.takes(1)
    await tour.takes(2, 10)
    await tour.leaves()
    got = [await association.posts(f"/collections/{one.id}/reception", {}) for one in (heavy, light)]
    assert [one["transport_km"] for one in got] == [6, 2]
    assert [one["transport_co2e_kg"] for one in got] == [1.2, 0.4]


async def test_a_cancelled_collection_never_counts(town: Town) -> None:
    tour = await delivered(town)
    (one,) = tour.collections
    await town.changes("update app.collections set status = 'cancelled' where id = $1", one.id)
    refusal = refusal_in(await tour.association.asks("POST", f"/collections/{one.id}/reception", {}))
    assert (refusal.status, refusal.code) == (409, "reception.over")
    assert await town.value("select count(*) from app.collected_impact") == 0


async def test_never_more_is_declared_than_was_accepted(town: Town) -> None:
    tour = await delivered(town)
    (one,) = tour.collections
    path = f"/collections/{one.id}/outcomes"
    day = await town.today()
    early = refusal_in(await tour.association.asks("POST", path, _outcome("bin", 1, day)))
    assert (early.status, early.code) == (409, "outcome.not_received")
    await receives(tour)

    await tour.association.posts(path, _outcome("distributed", 20_000, day))
    await tour.association.posts(path, _outcome("compost", 1500, day))
    more = refusal_in(await tour.association.asks("POST", path, _outcome("bin", 501, day)))
    assert (more.status, more.code) == (409, "outcome.more_than_accepted")
    for wrong in (day - timedelta(days=2), day + timedelta(days=2)):
        refusal = refusal_in(await tour.association.asks("POST", path, _outcome("bin", 1, wrong)))
        assert (refusal.status, refusal.code) == (422, "outcome.wrong_day")

    got = await one.shop.merchant.gets(f"/collections/{one.id}/reception")
    assert (got["distributed_grams"], got["lost_grams"], got["undeclared_grams"]) == (20_000, 1500, 500)
    listed = (await one.shop.merchant.gets(path))["data"]
    assert [row["outcome"] for row in listed] == ["distributed", "compost"]
    assert (await (await town.a_merchant()).asks("GET", path)).status_code == 404


def _outcome(outcome: str, grams: int, day: Any) -> dict[str, Any]:
    return {"outcome": outcome, "grams": grams, "day": day.isoformat()}


async def test_collected_food_counts_in_the_series_and_after_a_recount(town: Town) -> None:
    tour = await delivered(town)
    await receives(tour)
    before = (await town.request("GET", "/v1/impact")).json()
    await town.changes("update app.impact_totals set counted_before = pg_current_xact_id()::text::bigint::text::xid8")
    await town.changes(
        "update app.collected_impact set written_by = (pg_current_xact_id()::text::bigint + 1000)::text::xid8"
    )
    await town.changes("select app.recount_impact()")
    assert (await town.request("GET", "/v1/impact")).json() == before


async def test_portions_that_were_not_taken_go_back_to_their_lot(town: Town) -> None:
    lot = await town.a_lot(left=5)
    held = {"lot_id": lot.id, "portions": 3, "holds_stock": True}
    tour = await a_round(town, await a_collection(town, shop=lot.shop, items=[held]))
    (one,) = tour.collections
    await town.changes("update app.lot_stock set remaining = 2 where lot_id = $1", lot.id)
    await tour.takes(1, items=[{"item_id": str(one.items[0]), "portions": 2}])
    assert await town.left(lot) == 2
    got = await receives(tour)
    assert got["food_grams"] == 1000  # two meals
    assert await town.left(lot) == 3
    assert await town.stock_is_exact()


async def test_food_left_behind_is_requested_again_once(town: Town) -> None:
    bread = {"grams": 4000, "crates": 2}
    tour = await a_round(town, await a_collection(town, items=[bread]))
    (one,) = tour.collections
    await tour.takes(1, items=[{"item_id": str(one.items[0]), "grams": 3000, "crates": 2}])
    await receives(tour)
    for _ in range(2):
        await town.worker_runs()

    [rest] = await town.rows("select * from app.collections where remainder_of = $1", one.id)
    assert (rest["status"], rest["asked_how"], rest["grams"], rest["crates"]) == ("requested", "remainder", 1000, 0)
    first = await town.value("select window_start from app.collections where id = $1", one.id)
    assert rest["window_start"] - first == timedelta(days=1)


async def test_portions_of_a_failed_collection_go_back_later(town: Town) -> None:
    lot = await town.a_lot(left=5)
    held = {"lot_id": lot.id, "portions": 3, "holds_stock": True}
    tour = await a_round(town, await a_collection(town, shop=lot.shop, items=[held]))
    await town.changes("update app.lot_stock set remaining = 2 where lot_id = $1", lot.id)
    await tour.reports(1, tour.step("incident", 5, incident={"reason": "refused"}))
    await town.worker_runs()
    assert await town.left(lot) == 2
    await town.clock(await town.now() + timedelta(minutes=31))
    await town.worker_runs()
    await town.worker_runs()
    assert await town.left(lot) == 5
