"""The search for lots from a place's name, in another order, and with the rarer filters."""

from datetime import timedelta
from typing import Any

import pytest

from backend.places.loading import load_places
from tests.town import Town

STRASBOURG = {"near": "48.5734,7.7521"}


async def search(town: Town, **asked: Any) -> dict[str, Any]:
    answer = await town.request("GET", "/v1/lots", params=asked)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def titles(town: Town, **asked: Any) -> list[str]:
    return [lot["title"] for lot in (await search(town, **asked))["data"]]


async def three_lots(town: Town) -> None:
    """Offer a near and dear lot, a farther one that opens first, and a cheap one that is farthest."""
    for title, latitude, cents, opens, left in (
        ("near", 48.5740, 600, timedelta(hours=3), 1),
        ("early", 48.5800, 400, -timedelta(minutes=5), 3),
        ("cheap", 48.5900, 200, timedelta(hours=2), 5),
    ):
        shop = await town.a_shop(near=(latitude, 7.7521))
        await town.a_lot(title=title, shop=shop, price_cents=cents, opens_in=opens, left=left)


async def test_lots_come_nearest_cheapest_or_earliest_first(town: Town) -> None:
    await three_lots(town)
    assert await titles(town, **STRASBOURG) == ["near", "early", "cheap"]
    assert await titles(town, **STRASBOURG, sort="distance", quantity=1) == ["near", "early", "cheap"]
    assert await titles(town, **STRASBOURG, sort="price") == ["cheap", "early", "near"]
    assert await titles(town, **STRASBOURG, sort="pickup") == ["early", "cheap", "near"]
    assert (await town.request("GET", "/v1/lots", params={**STRASBOURG, "sort": "rating"})).status_code == 422


async def test_the_rarer_filters_leave_only_what_passes_them(town: Town) -> None:
    await three_lots(town)
    assert await titles(town, **STRASBOURG, min_price_cents=400) == ["near", "early"]
    assert await titles(town, **STRASBOURG, min_price_cents=300, max_price_cents=500) == ["early"]
    assert await titles(town, **STRASBOURG, quantity=2) == ["early", "cheap"]
    assert await titles(town, **STRASBOURG, open_now="true") == ["early"]
    assert await titles(town, **STRASBOURG, open_now="false") == ["near", "early", "cheap"]
    assert await titles(town, **STRASBOURG, sort="price", radius_km=1) == ["early", "near"]
    assert await titles(town, **STRASBOURG, sort="price", q="cheap") == ["cheap"]
    assert await titles(town, **STRASBOURG, sort="price", category="fish") == []


@pytest.mark.parametrize("sort", ["distance", "price", "pickup"])
async def test_pages_of_each_order_hold_every_lot_once(town: Town, sort: str) -> None:
    shop = await town.a_shop(near=(48.5740, 7.7521))
    for _ in range(2):
        await three_lots(town)
        await town.a_lot(title="same price", shop=shop, price_cents=400)
    whole = [lot["id"] for lot in (await search(town, **STRASBOURG, sort=sort, quantity=1))["data"]]
    assert len(whole) == 8
    found: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = await search(town, **STRASBOURG, sort=sort, quantity=1, limit=3, **after)
        found += [lot["id"] for lot in page["data"]]
        if not page["has_more"]:
            break
        after = {"after": page["next"]}
    assert found == whole


async def test_a_cursor_of_another_order_is_refused(town: Town) -> None:
    await three_lots(town)
    cursors = {s: (await search(town, **STRASBOURG, sort=s, limit=1))["next"] for s in ("distance", "price", "pickup")}

    for made, after in cursors.items():
        for sort in cursors:
            asked = {**STRASBOURG, "sort": sort, "after": after, "limit": 1}
            answer = await town.request("GET", "/v1/lots", params=asked)
            if made == sort:
                assert answer.json()["has_more"], (made, sort)
            else:
                assert (answer.status_code, answer.json()["code"]) == (422, "cursor.invalid"), (made, sort)
    # By distance both searches have the same cursors.
    assert await titles(town, **STRASBOURG, quantity=1, after=cursors["distance"]) == ["early", "cheap"]


async def test_both_searches_show_a_lot_in_the_same_words(town: Town) -> None:
    lot = await town.a_free_lot()
    await town.a_lot(shop=lot.shop)
    amina = await town.a_beneficiary()
    near = {"near": f"{lot.shop.latitude},{lot.shop.longitude}"}
    usual = await amina.asks("GET", "/lots", params=near)
    rarer = await amina.asks("GET", "/lots", params={**near, "quantity": 1})
    assert len(usual.json()["data"]) == 2
    assert rarer.content == usual.content


@pytest.mark.parametrize(
    "asked", [{"sort": "price"}, {"open_now": "true"}, {"min_price_cents": 0}, {"kind": "free", "quantity": 1}]
)
async def test_the_rarer_searches_show_free_lots_to_beneficiaries_alone(town: Town, asked: dict[str, Any]) -> None:
    lot = await town.a_free_lot(opens_in=-timedelta(minutes=5))
    near = {"near": f"{lot.shop.latitude},{lot.shop.longitude}", **asked}
    assert await titles(town, **near) == []
    for person in (await town.a_customer(), await town.a_merchant(), await town.an_admin()):
        assert (await person.asks("GET", "/lots", params=near)).json()["data"] == []
    for other in (await town.a_beneficiary(status="pending"), await town.a_beneficiary(status="suspended")):
        assert (await other.asks("GET", "/lots", params=near)).json()["data"] == []
    amina = await town.a_beneficiary()
    assert len((await amina.asks("GET", "/lots", params=near)).json()["data"]) == 1


async def test_a_search_starts_from_a_commune_by_name_postcode_or_code(town: Town) -> None:
    load_places(town.copy.url())
    await three_lots(town)
    for asked in ({"place": "strasbourg"}, {"place": "67000"}, {"insee": "67482"}):
        found = await search(town, **asked, radius_km=10)
        assert {lot["title"] for lot in found["data"]} == {"near", "early", "cheap"}
        assert await titles(town, **asked, radius_km=10, sort="price") == ["cheap", "early", "near"]
    assert await titles(town, place="Paris 11") == []
    assert await titles(town, insee="2a004") == []


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({}, "place.one_needed"),
        ({"near": "48.5,7.7", "place": "Strasbourg"}, "place.one_needed"),
        ({"place": "Strasbourg", "insee": "67482"}, "place.one_needed"),
        ({"place": "Xyzzy"}, "place.unknown"),
        ({"place": "--"}, "place.unknown"),
        ({"insee": "98735"}, "place.unknown"),  # Papeete, whose centre is not known
    ],
)
async def test_a_search_from_nowhere_says_why(lasting_town: Town, asked: dict[str, str], code: str) -> None:
    load_places(lasting_town.copy.url())
    answer = await lasting_town.request("GET", "/v1/lots", params=asked)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_code_of_no_commune_is_refused(lasting_town: Town) -> None:
    answer = await lasting_town.request("GET", "/v1/lots", params={"insee": "99999"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "query.insee")
