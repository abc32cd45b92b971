"""What a published lot says of its food: where it comes from, where the law wants it, and why it is cheaper."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from backend.drafts.schemas import DraftOut
from tests.town import Town
from tests.town.answers import refusal_in
from tests.town.things import recurring_listing


@pytest.mark.parametrize(
    ("category", "title", "demanded"),
    [
        ("fruits_vegetables", "Cagette de saison", True),
        ("butcher", "Colis grillades", True),
        ("fish", "Filets du jour", True),
        ("grocery", "Douzaine d'œufs", True),
        ("organic", "6 œufs bio", True),
        ("grocery", "Pot de miel de sapin", True),
        ("other", "Honey", True),
        ("grocery", "Nonnettes au miel", False),
        ("pastry", "Œufs à la neige", False),
        ("bakery", "Panier du soir", False),
        ("prepared_meals", "Bœuf bourguignon", False),
    ],
)
async def test_origin_is_demanded_where_the_law_wants_it(town: Town, category: str, title: str, demanded: bool) -> None:
    shop = await town.a_shop()
    sophie = shop.merchant
    lot: dict[str, Any] = {**await town.lot_fields(shop), "category": category, "title": title}

    draft = await sophie.posts("/lots", {**lot, "publish": False})
    answer = await sophie.asks("POST", "/lots", lot)

    assert (draft["origin"], draft["reduction_ground"]) == (None, None)
    if not demanded:
        assert answer.status_code == 201
        return
    assert refusal_in(answer).code == "lot.origin_missing"
    path = f"/lots/{draft['id']}"
    assert refusal_in(await sophie.asks("PATCH", path, {"publish": True})).code == "lot.origin_missing"
    published = (await sophie.asks("PATCH", path, {"publish": True, "origin": "Alsace, France"})).json()
    assert published["origin"] == "Alsace, France"
    assert refusal_in(await sophie.asks("PATCH", path, {"origin": None})).code == "lot.origin_missing"


async def test_search_and_lot_say_origin_and_ground(town: Town) -> None:
    shop = await town.a_shop()
    said = {"origin": "Bretagne, France", "reduction_ground": "damaged_pack"}
    listed = await shop.merchant.posts("/lots", {**await town.lot_fields(shop), **said})
    karim = await town.a_customer()

    near = await karim.gets("/lots", near=f"{shop.latitude},{shop.longitude}")
    for shown in (listed, await karim.gets(f"/lots/{listed['id']}"), near["data"][0]):
        assert {name: shown[name] for name in said} == said


@pytest.mark.parametrize(("days", "ground"), [(None, "surplus"), (1, "short_date"), (30, "surplus")])
async def test_a_lot_without_a_ground_gets_an_honest_one(town: Town, days: int | None, ground: str) -> None:
    shop = await town.a_shop()
    lot = await town.lot_fields(shop)
    if days is not None:
        day = (await town.now() + timedelta(hours=7, days=days)).date()
        lot |= {"date_kind": "best_before", "food_date": day.isoformat()}

    assert (await shop.merchant.posts("/lots", lot))["reduction_ground"] == ground


async def test_a_lot_published_before_the_rule_stays_and_can_be_given(town: Town) -> None:
    lot = await town.a_lot()
    await town.changes("update app.lots set category = 'fish' where id = $1", lot.id)

    assert (await lot.shop.merchant.asks("PATCH", f"/lots/{lot.id}", {"quantity": 4})).status_code == 200
    await (await town.a_customer()).gives(lot)
    assert await town.suspended_lot_of(lot)


async def test_a_recurring_listing_says_both(town: Town) -> None:
    shop = await town.a_shop()
    sophie = shop.merchant
    wanted = recurring_listing(shop.id, category="fish", title="Filets")
    assert refusal_in(await sophie.asks("POST", "/recurring-listings", wanted)).code == "lot.origin_missing"
    said = {"origin": "Atlantique", "reduction_ground": "unsold_today"}
    listing = await sophie.posts("/recurring-listings", {**wanted, **said})
    assert {name: listing[name] for name in said} == said
    await town.clock(datetime.fromisoformat(listing["next_publication"]) + timedelta(minutes=1))
    await town.changes("select app.publish_recurring(9)")
    assert await town.value(
        "select count(*) from app.lots where origin = 'Atlantique' and reduction_ground = 'unsold_today'"
    )


def test_the_model_drafts_neither() -> None:
    assert not {"origin", "reduction_ground"} & set(DraftOut.model_fields)
