"""The rules of a listing: prices, dates, windows, fields, and who may list a lot where."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.journeys.test_lots import changes
from tests.town import Refusal, Shop, Town, refused
from tests.town.answers import refusal_in


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"price_cents": 239}, "lot.price_outside_law"),
        ({"price_cents": 561}, "lot.price_outside_law"),
        ({"price_cents": 0}, "lot.price_outside_law"),
        ({"kind": "free", "price_cents": 1}, "lot.price_outside_law"),
        ({"original_price_cents": 801, "price_cents": 240}, "lot.price_outside_law"),
        ({"date_kind": "use_by"}, "lot.food_date_mismatch"),
        ({"food_date": "2030-01-01"}, "lot.food_date_mismatch"),
        ({"date_kind": "use_by", "food_date": "2020-01-01"}, "lot.use_by_before_pickup"),
        ({"photo_id": "01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4"}, "lot.photo_unknown"),
    ],
)
async def test_a_lot_that_breaks_a_rule_is_refused(town: Town, fields: dict[str, Any], code: str) -> None:
    sophie = await town.a_merchant()
    refusal = await refused(sophie.lists(await town.a_shop(sophie), **fields))
    assert (refusal.status, refusal.code) == (422, code)
    assert await town.value("select count(*) from app.lots") == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"price_cents": 240},
        {"price_cents": 560},
        {"kind": "free", "price_cents": 0},
        {"date_kind": "best_before", "food_date": "2020-01-01"},
    ],
)
async def test_a_lot_at_the_limits_of_the_rules_is_listed(town: Town, fields: dict[str, Any]) -> None:
    sophie = await town.a_merchant()
    lot = await sophie.lists(await town.a_shop(sophie), **fields)
    assert {name: lot[name] for name in fields} == fields


async def test_pickup_of_use_by_food_ends_by_midnight_in_paris_of_that_date(town: Town) -> None:
    await town.clock("2026-03-28T12:00:00+01:00")
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    window = {"pickup_start": "2026-03-28T18:00:00+01:00", "date_kind": "use_by", "food_date": "2026-03-28"}

    lot = await sophie.lists(shop, **window, pickup_end="2026-03-28T22:30:00Z")  # 23:30 in Paris
    refusal = await refused(sophie.lists(shop, **window, pickup_end="2026-03-28T23:30:00Z"))  # the day after

    assert lot["food_date"] == "2026-03-28"
    assert refusal.code == "lot.use_by_before_pickup"


@pytest.mark.parametrize(
    ("opens", "closes", "code"),
    [
        (3, 3, "lot.pickup_window_invalid"),
        (3, 2, "lot.pickup_window_invalid"),
        (3, 75.1, "lot.pickup_window_invalid"),
        (-3, -1, "lot.window_over"),
    ],
)
async def test_a_pickup_window_in_the_past_or_over_72_hours_is_refused(
    town: Town, opens: float, closes: float, code: str
) -> None:
    sophie = await town.a_merchant()
    shop, now = await town.a_shop(sophie), await town.now()
    window = {"pickup_start": now + timedelta(hours=opens), "pickup_end": now + timedelta(hours=closes)}
    refusal = await refused(sophie.lists(shop, **{name: at.isoformat() for name, at in window.items()}))
    assert (refusal.status, refusal.code) == (422, code)
    assert await town.value("select count(*) from app.lots") == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("pickup_start", "2026-11-22T18:00:00"),
        ("pickup_start", 1_800_000_000),
        ("pickup_start", "0001-01-01T00:00:00+14:00"),
        ("pickup_end", "9999-12-31T23:59:59-12:00"),
        ("quantity", 0),
        ("quantity", 1001),
        ("quantity", 2.5),
        ("quantity", "5"),
        ("price_cents", -1),
        ("price_cents", 10**12),
        ("price_cents", True),
        ("allergens", ["arsenic"]),
        ("allergens", None),
        ("allergens", "gluten"),
        ("category", "clothes"),
        ("kind", "paid"),
        ("title", ""),
        ("title", "   "),
        ("title", "x" * 121),
        ("title", "a\u0000b"),
        ("food_date", 5),
        ("publish", "yes"),
        ("remaining", 3),
        ("status", "published"),
        ("version", 9),
        ("place", "(0,0)"),
    ],
)
async def test_invalid_fields_of_a_lot_are_refused(town: Town, field: str, value: Any) -> None:
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    refusal = await refused(sophie.lists(shop, **{field: value}))
    assert refusal.status == 422
    assert await town.value("select count(*) from app.lots") == 0
    lot = await town.a_lot(shop=shop)
    before = await sophie.gets(f"/lots/{lot.id}")
    if field != "food_date" or value is not None:
        assert (await sophie.asks("PATCH", f"/lots/{lot.id}", {field: value})).status_code == 422
    assert await sophie.gets(f"/lots/{lot.id}") == before


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e400", "-0.5", "1.5"])
async def test_a_price_that_is_no_valid_number_changes_nothing(town: Town, number: str) -> None:
    lot = await town.a_lot()
    answer = await lot.shop.merchant.asks(
        "PATCH",
        f"/lots/{lot.id}",
        content=f'{{"price_cents": {number}}}'.encode(),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 422
    assert await town.value("select (price_cents, version) = (400, 1) from app.lots") is True


async def test_no_lot_is_published_before_its_shop_is_verified(town: Town) -> None:
    sophie, odile = await town.a_merchant(), await town.an_admin()
    shop = await town.a_shop(sophie, verified=False)

    refusal = await refused(sophie.lists(shop))
    draft = await sophie.lists(shop, publish=False)
    early = await refused(changes(sophie, draft["id"], publish=True))
    await odile.verifies_shop(shop.id)

    assert (refusal.status, refusal.code) == (409, "shop.not_verified")
    assert early.code == "shop.not_verified"
    assert (await changes(sophie, draft["id"], publish=True))["status"] == "published"


async def test_listing_in_a_foreign_shop_answers_as_if_it_did_not_exist(town: Town) -> None:
    lea = await town.a_merchant("Léa")
    nobodys = Shop(uuid4(), lea, 0, 0)
    answers: list[Refusal] = []
    for shop in (await town.a_shop(), await town.a_shop(verified=False), nobodys):
        for publish in (True, False):
            answers.append(await refused(lea.lists(shop, publish=publish)))
    assert {(answer.status, answer.code) for answer in answers} == {(404, "shop.not_found")}
    assert await town.value("select count(*) from app.lots") == 0


async def test_changing_a_foreign_lot_answers_as_if_it_did_not_exist(town: Town) -> None:
    lea, sophie = await town.a_merchant("Léa"), await town.a_merchant()
    shop = await town.a_shop(sophie)
    drafted = UUID((await sophie.lists(shop, publish=False))["id"])
    for theirs in ((await town.a_lot(shop=shop)).id, (await town.a_free_lot(shop=shop)).id, drafted):
        for method, path, body in (
            ("PATCH", "/lots/{}", {"price_cents": 300}),
            ("PATCH", "/lots/{}", {}),
            ("POST", "/lots/{}/withdraw", None),
        ):
            other = (await lea.asks(method, path.format(theirs), body, headers={"If-Match": '"r1"'})).json()
            none = (await lea.asks(method, path.format(uuid4()), body, headers={"If-Match": '"r1"'})).json()
            assert {**other, "request_id": ""} == {**none, "request_id": ""}
            assert other["code"] == "lot.not_found"
    assert await town.value("select count(*) from app.lots where version > 1 or status = 'withdrawn'") == 0


async def test_only_merchants_list_lots(town: Town) -> None:
    shop = await town.a_shop()
    for person in (await town.a_customer(), await town.a_beneficiary(), await town.an_association()):
        assert refusal_in(await person.asks("POST", "/lots", await town.lot_fields(shop))).code == "access.forbidden"
    assert (await town.request("POST", "/v1/lots", json=await town.lot_fields(shop))).status_code == 401
    assert await town.value("select count(*) from app.lots") == 0
