"""The published series of impact by month, and the method behind every figure."""

from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from tests.town import Lot, Town
from tests.town.rounds import a_round


async def series(town: Town) -> list[dict[str, Any]]:
    """Run the due jobs and return the published periods."""
    await town.changes("select app.close_impact_periods()")
    answer = await town.request("GET", "/v1/impact/series")
    assert answer.status_code == 200
    periods: list[dict[str, Any]] = answer.json()["periods"]
    return periods


async def lots_of_three_shops(town: Town, *grams: int) -> list[Lot]:
    """Return three free lots whose portions weigh so many grams, 500 by default."""
    times: dict[str, Any] = {"left": 100, "opens_in": timedelta(0), "lasts": timedelta(days=3)}
    return [
        await town.a_free_lot(shop=await town.a_shop(), weight_grams=weight, **times)
        for weight in grams or (500, 500, 500)
    ]


async def hand_over(town: Town, lots: list[Lot], people: int) -> None:
    """Hand a free portion to so many new people, in turn from each lot."""
    for number in range(people):
        lot = lots[number % len(lots)]
        person = await town.a_beneficiary(f"Amina {number}")
        await lot.shop.merchant.hands_over(await person.pass_for(await person.reserves(lot)))


async def test_a_month_is_published_once_it_is_over(town: Town) -> None:
    await town.clock("2026-12-30T10:00:00+01:00")
    await hand_over(town, await lots_of_three_shops(town), 12)
    assert await series(town) == []
    await town.clock("2027-01-01T00:59:00+01:00")
    assert await series(town) == []  # handovers that began in December may still be written
    await town.clock("2027-01-01T01:00:00+01:00")
    (december,) = await series(town)

    total = (await town.request("GET", "/v1/impact")).json()
    assert (december["from"], december["to"], december["people_helped"]) == ("2026-12", "2026-12", 11)
    for name in ("meals", "food_kg", "co2e_kg", "value_saved_cents", "saved_by_people_cents", "people_helped"):
        assert december[name] == total[name], name
    assert await series(town) == [december]
    with pytest.raises(asyncpg.PostgresError, match=r"record\.append_only"):
        await town.changes("update app.impact_periods set meals = 0")


async def test_a_small_month_is_published_with_the_next_one(town: Town) -> None:
    """Eleven people and three shops stand behind each period; alone, no month could be computed from the others."""
    await town.clock("2026-11-30T10:00:00+01:00")
    lots = await lots_of_three_shops(town)
    await hand_over(town, lots, 10)  # one person too few
    await town.clock("2026-12-02T10:00:00+01:00")
    assert await series(town) == []
    await hand_over(town, lots, 2)
    await town.clock("2027-01-02T10:00:00+01:00")
    (period,) = await series(town)
    assert (period["from"], period["to"], period["people_helped"]) == ("2026-11", "2026-12", 11)
    assert period["meals"] == (await town.request("GET", "/v1/impact")).json()["meals"]


@pytest.mark.parametrize("shops", [2, 1])
async def test_a_month_of_too_few_shops_waits(town: Town, shops: int) -> None:
    await town.clock("2026-12-30T10:00:00+01:00")
    lots = await lots_of_three_shops(town)
    await hand_over(town, lots[:shops], 12)
    await town.clock("2027-01-02T10:00:00+01:00")
    assert await series(town) == []


async def test_a_month_that_one_shop_dominates_waits(town: Town) -> None:
    await town.clock("2026-12-30T10:00:00+01:00")
    lots = await lots_of_three_shops(town, 5000, 250, 250)
    await hand_over(town, lots, 13)  # 25 of 27 kg from one shop
    await town.clock("2027-01-02T10:00:00+01:00")
    assert await series(town) == []


async def test_the_method_names_each_factor_with_its_source(town: Town) -> None:
    method = (await town.request("GET", "/v1/impact/method", headers={"Accept-Language": "en"})).json()
    assert method["meal_grams"] == 500
    (factor,) = method["factors"]
    assert factor == {
        "method": "ecopanier-2025",
        "category": None,
        "value": 900,
        "unit": "g CO2e per meal",
        "source": "EcoPanier white paper, 2025",
        "valid_from": "2025-01-01",
        "in_use": True,
    }
    assert len(method["not_counted"]) >= 2

    odile = await town.an_admin()
    await odile.asks("PUT", "/admin/settings", {"co2e_grams_per_meal": 850})
    factors = (await town.request("GET", "/v1/impact/method")).json()["factors"]
    assert [(one["value"], one["in_use"]) for one in factors] == [(850, True), (900, False)]
    assert datetime.fromisoformat(factors[0]["valid_from"]) > datetime.fromisoformat(factors[1]["valid_from"])


async def test_collected_food_is_in_its_month_and_hides_nobody(town: Town) -> None:
    """Eleven people and three shops must stand behind the handovers alone, however much was collected beside them."""
    await town.clock("2026-12-30T10:00:00+01:00")
    for _ in range(3):
        tour = await a_round(town)
        await tour.takes(1)
        await tour.association.posts(f"/collections/{tour.collections[0].id}/reception", {})
    await hand_over(town, await lots_of_three_shops(town), 10)
    await town.clock("2027-01-02T10:00:00+01:00")
    assert await series(town) == []
    await hand_over(town, await lots_of_three_shops(town), 2)
    await town.clock("2027-02-02T10:00:00+01:00")
    (period,) = await series(town)
    assert (period["from"], period["to"], period["people_helped"]) == ("2026-12", "2027-01", 11)
    total = (await town.request("GET", "/v1/impact")).json()
    for name in ("meals", "food_kg", "co2e_kg"):
        assert period[name] == total[name], name
    assert period["food_kg"] == 3 * 30 + 12 * 0.5
