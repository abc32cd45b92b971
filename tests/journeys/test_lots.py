"""Lots: who sees them, the rules of a listing, how a merchant changes or withdraws them, and an admin's suspension."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from tests.town import Admin, Lot, Merchant, Person, Refusal, Shop, Town, refused
from tests.town.answers import accepted, refusal_in
from tests.town.people import moment


async def _changes(merchant: Merchant, lot: Lot | str, **fields: Any) -> dict[str, Any]:
    lot_id = lot.id if isinstance(lot, Lot) else lot
    changed: dict[str, Any] = accepted(await merchant.asks("PATCH", f"/lots/{lot_id}", fields)).json()
    return changed


async def _is_hidden_from(person: Person | None, town: Town, lot_id: UUID | str) -> bool:
    """Return whether a lot is answered exactly like one that does not exist."""
    answers = []
    for wanted in (lot_id, uuid4()):
        path = f"/lots/{wanted}"
        answer = await (person.asks("GET", path) if person else town.request("GET", f"/v1{path}"))
        problem = answer.json()
        problem.pop("request_id", None)
        answers.append((answer.status_code, problem, answer.headers.get("etag"), answer.headers.get("cache-control")))
    return answers[0] == answers[1] and answers[0][0] == 404


# Who sees what


async def test_only_its_merchant_sees_a_draft_until_it_is_published(town: Town) -> None:
    sophie = await town.a_merchant()
    draft = await sophie.lists(await town.a_shop(sophie), publish=False)
    others = (None, await town.a_customer(), await town.a_merchant(), await town.a_beneficiary(), await town.an_admin())

    assert (draft["status"], draft["published_at"]) == ("draft", None)
    assert (await sophie.gets(f"/lots/{draft['id']}"))["status"] == "draft"
    for person in others:
        assert await _is_hidden_from(person, town, draft["id"])

    published = await _changes(sophie, draft["id"], publish=True)

    assert published["status"] == "published"
    assert published["published_at"] is not None
    for person in others:
        assert not await _is_hidden_from(person, town, draft["id"])


async def test_only_beneficiaries_its_merchant_and_admins_see_a_free_lot(town: Town) -> None:
    lot = await town.a_free_lot()
    yesterday = (await town.now()).date() - timedelta(days=2)
    for person in (
        None,
        await town.a_customer(),
        await town.a_merchant("Léa"),
        await town.an_association(),
        await town.a_collector(),
        await town.a_beneficiary(status="pending"),
        await town.a_beneficiary(status="suspended"),
        await town.a_beneficiary(until=yesterday),
    ):
        assert await _is_hidden_from(person, town, lot.id)
    for person in (await town.a_beneficiary(), lot.shop.merchant, await town.an_admin()):
        seen = await person.gets(f"/lots/{lot.id}")
        assert (seen["price_cents"], seen["remaining"], seen["shop"]["id"]) == (0, 5, str(lot.shop.id))


async def test_a_lot_shows_everything_that_a_customer_needs_to_know(town: Town) -> None:
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    best = (await town.now()).date() - timedelta(days=2)

    listed = await sophie.lists(
        shop,
        date_kind="best_before",
        food_date=best.isoformat(),
        allergens=["milk", "gluten", "milk"],
        weight_grams=450,
    )

    seen = await town.request("GET", f"/v1/lots/{listed['id']}")
    assert seen.json() == listed
    assert (seen.headers["etag"], seen.headers["cache-control"]) == ('"r1"', "public, max-age=5")
    assert listed["past_best_before"] is True
    assert listed["allergens"] == ["gluten", "milk"]
    assert (listed["quantity"], listed["remaining"], listed["weight_grams"]) == (5, 5, 450)
    assert listed["shop"].keys() == {"id", "name", "address", "latitude", "longitude", "category", "time_zone"}
    [found] = (await town.request("GET", "/v1/lots", params={"near": f"{shop.latitude},{shop.longitude}"})).json()[
        "data"
    ]
    distance = found.pop("distance_m")
    times = {
        name: moment(found[name]) == moment(listed[name]) for name in ("pickup_start", "pickup_end", "published_at")
    }
    assert (distance, set(times.values())) == (0, {True})
    only_alone = {"gtin": None, "batch": None, "becomes_free_at": None, "fair_draw": False, "free_lot_id": None}
    assert {**found, **{name: listed[name] for name in times}, **only_alone} == listed


@pytest.mark.parametrize(
    "written",
    [
        "{latitude:.17f},{longitude:.17f}",
        "{latitude}, {longitude}",
        " {latitude} ,{longitude} ",
        "+{latitude},+{longitude}",
        "{latitude!r},{longitude!r}",
    ],
)
async def test_a_search_takes_coordinates_as_programs_write_them(town: Town, written: str) -> None:
    lot = await town.a_lot()
    near = written.format(latitude=lot.shop.latitude + 1e-16, longitude=lot.shop.longitude)

    [found] = (await (await town.a_customer()).gets("/lots", near=near))["data"]

    assert (found["id"], found["distance_m"]) == (str(lot.id), 0)


@pytest.mark.parametrize("near", ["0.0000001,-1e-07", "1E2,0", "48.5", "48,5,7,7", "85.1,0", "nan,0", "48.58,7.74,1"])
async def test_only_coordinates_on_the_map_are_searched(town: Town, near: str) -> None:
    answer = await town.request("GET", "/v1/lots", params={"near": near})
    assert answer.status_code == (200 if near.startswith("0.0") else 422)


async def test_a_query_takes_times_with_a_literal_plus(town: Town) -> None:
    lot = await town.a_lot()
    near = f"near={lot.shop.latitude},{lot.shop.longitude}"
    ends = lot.pickup_end.astimezone(ZoneInfo("Europe/Paris"))

    async def found(**asked: str) -> int:
        query = "&".join(f"{name}={value}" for name, value in asked.items())
        return len(accepted(await town.request("GET", f"/v1/lots?{near}&{query}")).json()["data"])

    assert "+0" in ends.isoformat()
    assert await found(pickup_after=(ends - timedelta(minutes=1)).isoformat()) == 1
    assert await found(pickup_after=ends.isoformat()) == 0
    assert await found(pickup_after=ends.isoformat().replace("+", "%2B")) == 0
    for number in ("1700000000", "-1700000000", "1.7e9", "2026-11-22T17:00:00"):
        assert (await town.request("GET", f"/v1/lots?{near}&pickup_after={number}")).status_code == 422


@pytest.mark.parametrize(
    "asked", [{}, {"category": "bakery"}, {"max_price_cents": 1000}], ids=["all", "category", "price"]
)
async def test_free_and_discounted_lots_are_paged_by_distance_together(town: Town, asked: dict[str, Any]) -> None:
    amina, marc = await town.a_beneficiary(), await town.a_customer()
    shops = [await town.a_shop(near=(48.58 + north / 1000, 7.74)) for north in range(3)]
    on_offer = [
        {
            lot.id
            for lot in (
                await town.a_lot(shop=shop, category="bakery"),
                await town.a_free_lot(shop=shop, category="bakery"),
            )
        }
        for shop in shops
    ]
    pages: list[list[dict[str, Any]]] = []
    after: dict[str, str] = {}
    while not pages or after:
        page = await amina.gets("/lots", near="48.58,7.74", limit=4, **asked, **after)
        pages.append(page["data"])
        after = {"after": page["next"]} if page["has_more"] else {}

    assert [len(page) for page in pages] == [4, 2]
    found = [UUID(lot["id"]) for page in pages for lot in page]
    assert [set(found[:2]), set(found[2:4]), set(found[4:])] == on_offer
    discounted = (await marc.gets("/lots", near="48.58,7.74", **asked))["data"]
    assert discounted == [lot for page in pages for lot in page if lot["kind"] == "discounted"]


async def test_a_shop_lists_lots_on_offer_and_lists_all_to_its_merchant(town: Town) -> None:
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    on_offer, free = await town.a_lot(shop=shop), await town.a_free_lot(shop=shop)
    over = await town.a_lot(shop=shop, opens_in=timedelta(hours=1), lasts=timedelta(hours=1))
    draft = await sophie.lists(shop, publish=False)
    withdrawn = await town.a_lot(shop=shop)
    await sophie.withdraws(withdrawn)
    await town.clock(over.pickup_end)
    path = f"/shops/{shop.id}/lots"

    async def shown(person: Person, **params: Any) -> set[str]:
        return {lot["id"] for lot in (await person.gets(path, **params))["data"]}

    assert await shown(await town.a_customer()) == {str(on_offer.id)}
    assert await shown(await town.a_beneficiary()) == {str(on_offer.id), str(free.id)}
    everything = {str(on_offer.id), str(free.id), str(over.id), draft["id"], str(withdrawn.id)}
    assert await shown(sophie) == everything
    assert await shown(sophie, status="draft") == {draft["id"]}
    assert await shown(sophie, status="withdrawn") == {str(withdrawn.id)}
    assert await shown(await town.a_customer(), status="withdrawn") == set()
    hidden = await (await town.a_customer()).asks("GET", f"/shops/{(await town.a_shop(verified=False)).id}/lots")
    assert refusal_in(hidden).code == "shop.not_found"


async def test_a_merchant_pages_through_their_lots_newest_first(town: Town) -> None:
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    ids = sorted([str((await town.a_lot(shop=shop)).id) for _ in range(5)], reverse=True)
    pages: list[list[str]] = []
    after: dict[str, str] = {}
    while not pages or after:
        page = await sophie.gets(f"/shops/{shop.id}/lots", limit=2, **after)
        pages.append([lot["id"] for lot in page["data"]])
        after = {"after": page["next"]} if page["has_more"] else {}
    assert pages == [ids[:2], ids[2:4], ids[4:]]


# The rules of a listing


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


# The shop and its owner


async def test_no_lot_is_published_before_its_shop_is_verified(town: Town) -> None:
    sophie, odile = await town.a_merchant(), await town.an_admin()
    shop = await town.a_shop(sophie, verified=False)

    refusal = await refused(sophie.lists(shop))
    draft = await sophie.lists(shop, publish=False)
    early = await refused(_changes(sophie, draft["id"], publish=True))
    await odile.verifies_shop(shop.id)

    assert (refusal.status, refusal.code) == (409, "shop.not_verified")
    assert early.code == "shop.not_verified"
    assert (await _changes(sophie, draft["id"], publish=True))["status"] == "published"


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


# Changing a lot


async def test_changing_a_lot_with_an_outdated_version_is_refused(town: Town) -> None:
    lot = await town.a_lot()
    sophie, path = lot.shop.merchant, f"/lots/{lot.id}"
    read = (await sophie.asks("GET", path)).headers["etag"]

    changed = await sophie.asks("PATCH", path, {"price_cents": 300}, headers={"If-Match": read})
    late = await sophie.asks("PATCH", path, {"price_cents": 350}, headers={"If-Match": read})

    assert (changed.status_code, changed.json()["price_cents"]) == (200, 300)
    assert changed.headers["etag"] == (await sophie.asks("GET", path)).headers["etag"] != read
    assert refusal_in(late).code == "precondition.failed"
    assert (await sophie.gets(path))["price_cents"] == 300


async def test_one_of_several_changes_with_the_same_version_wins(town: Town) -> None:
    lot = await town.a_lot()
    prices = range(300, 308)
    answers = await asyncio.gather(
        *(
            lot.shop.merchant.asks("PATCH", f"/lots/{lot.id}", {"price_cents": p}, headers={"If-Match": '"r1"'})
            for p in prices
        )
    )
    won = [price for price, answer in zip(prices, answers, strict=True) if answer.status_code == 200]
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
    assert won == [await town.value("select price_cents from app.lots")]
    assert await town.value("select version from app.lots") == 2


async def test_reserving_keeps_the_version_and_bounds_the_new_quantity(town: Town) -> None:
    lot = await town.a_free_lot(left=5)
    amina, sophie = await town.a_beneficiary(), lot.shop.merchant
    await amina.reserves(lot, 2)

    changed = await sophie.asks("PATCH", f"/lots/{lot.id}", {"quantity": 3}, headers={"If-Match": '"r1"'})
    refusal = await refused(_changes(sophie, lot, quantity=1))

    assert (changed.json()["quantity"], changed.json()["remaining"]) == (3, 1)
    assert (refusal.status, refusal.code) == (409, "lot.quantity_below_reserved")
    assert await town.left(lot) == 1
    assert await town.stock_is_exact()


@pytest.mark.parametrize(
    "fields",
    [
        {"price_cents": 500},
        {"original_price_cents": 1000},
        {"kind": "free", "price_cents": 0},
        {"allergens": ["nuts"]},
        {"category": "pastry"},
        {"cold_chain": True},
        {"weight_grams": 900},
        {"date_kind": "best_before", "food_date": "2030-01-01"},
        {"pickup_end": "+1h"},
    ],
)
async def test_a_reserved_lot_keeps_its_price_food_facts_and_window(town: Town, fields: dict[str, Any]) -> None:
    lot = await town.a_lot(left=5)
    await (await town.a_customer()).reserves(lot)
    sophie = lot.shop.merchant
    before = await sophie.gets(f"/lots/{lot.id}")
    if "pickup_end" in fields:
        fields = {"pickup_end": (lot.pickup_end + timedelta(hours=1)).isoformat()}

    refusal = await refused(_changes(sophie, lot, **fields))

    assert (refusal.status, refusal.code) == (409, "lot.has_reservations")
    assert await sophie.gets(f"/lots/{lot.id}") == before
    assert (await _changes(sophie, lot, title="Panier du matin"))["title"] == "Panier du matin"


async def test_a_published_lot_cannot_become_a_draft_again(town: Town) -> None:
    lot = await town.a_lot()
    refusal = await refused(_changes(lot.shop.merchant, lot, publish=False))
    assert (refusal.status, refusal.code) == (409, "lot.already_published")
    assert (await lot.shop.merchant.gets(f"/lots/{lot.id}"))["status"] == "published"


async def test_reservations_have_the_lots_price_when_it_changes_meanwhile(town: Town) -> None:
    for _ in range(5):
        lot = await town.a_lot(left=10)
        people = [await town.a_customer() for _ in range(4)]
        answers = await asyncio.gather(
            *(person.sends_reservation(lot) for person in people),
            lot.shop.merchant.asks("PATCH", f"/lots/{lot.id}", {"price_cents": 300}),
        )
        taken = {answer.json()["unit_price_cents"] for answer in answers[:-1]}
        stands = await town.value("select price_cents from app.lots where id = $1", lot.id)
        assert taken == {stands}
    assert await town.stock_is_exact()


# What the database itself refuses


@pytest.mark.parametrize(
    "change",
    [
        "version = 1",
        "published_at = now()",
        "place = '(0,0)'",
        "shop_id = gen_random_uuid()",
        "created_at = now()",
        "shelf = '(0,0)'",
    ],
)
async def test_a_merchant_cannot_write_protected_columns_by_sql(town: Town, change: str) -> None:
    lot = await town.a_lot()
    async with town.sql_as(lot.shop.merchant) as connection:
        with pytest.raises(Exception, match="permission denied"):
            await connection.execute(f"update app.lots set {change} where id = $1", lot.id)  # noqa: S608


@pytest.mark.parametrize("change", ["remaining = 99", "quantity = 99", "shelf = '(0,0)'"])
async def test_a_merchant_cannot_write_stock_by_sql(town: Town, change: str) -> None:
    lot = await town.a_lot()
    async with town.sql_as(lot.shop.merchant) as connection:
        assert await connection.fetchval("select remaining from app.lot_stock where lot_id = $1", lot.id) == 5
        with pytest.raises(Exception, match="permission denied"):
            await connection.execute(f"update app.lot_stock set {change} where lot_id = $1", lot.id)  # noqa: S608


async def test_the_quantity_beside_the_stock_is_always_the_lots(town: Town) -> None:
    lot, marc = await town.a_lot(left=5), await town.a_customer()
    await marc.reserves(lot, 2)
    both = "select array[l.quantity, s.quantity, s.remaining] from app.lots l join app.lot_stock s on s.lot_id = l.id"

    await _changes(lot.shop.merchant, lot, quantity=9)
    assert await town.value(both) == [9, 9, 7]
    await town.changes("update app.lots set quantity = 2")
    assert await town.value(both) == [2, 2, 0]
    for wrong in ("update app.lots set quantity = 1", "update app.lot_stock set quantity = 3"):
        with pytest.raises(asyncpg.CheckViolationError):
            await town.changes(wrong)
    assert await town.value(both) == [2, 2, 0]


@pytest.mark.parametrize("careful", [True, False], ids=["with the trigger", "control: without it"])
@pytest.mark.parametrize(
    "change",
    [
        "kind = 'free', price_cents = 0",
        "category = 'cheese'",
        "pickup_end = pickup_end + interval '1 hour'",
        "date_kind = 'none', food_date = null",
        "food_date = food_date + 1",
        "status = 'withdrawn'",
        "place = point(1, 1)",
    ],
)
async def test_what_a_search_goes_by_follows_the_lot(town: Town, change: str, careful: bool) -> None:
    tomorrow = date.today() + timedelta(days=1)  # noqa: DTZ011  any day will do
    lot = await town.a_lot(category="bakery", date_kind="best_before", food_date=tomorrow)
    differs = """
        select count(*) > 0 from app.lots l join app.lot_stock k on k.lot_id = l.id cross join app.on_shelves(l) s
        where (k.shelf[0], k.shelf[1], k.category_shelf[0], k.category_shelf[1], k.pickup_end, k.best_before_ends,
               k.published)
              is distinct from (s.shelf[0], s.shelf[1], s.category_shelf[0], s.category_shelf[1], s.pickup_end,
                                s.best_before_ends, s.published)
    """
    assert await town.value(differs) is False
    if not careful:
        await town.changes("drop trigger shelve_stock on app.lots")

    await town.changes(f"update app.lots set {change} where id = $1", lot.id)  # noqa: S608

    assert await town.value(differs) is not careful


@pytest.mark.parametrize("status", ["paused", "ended", "withdrawn"])
async def test_a_merchant_cannot_set_the_status_of_a_lot_by_sql(town: Town, status: str) -> None:
    lot = await town.a_lot()
    async with town.sql_as(lot.shop.merchant) as connection:
        with pytest.raises(Exception, match=r"lot\.status_not_yours"):
            await connection.execute("update app.lots set status = $1 where id = $2", status, lot.id)


async def test_only_its_merchant_changes_a_lot_by_sql(town: Town) -> None:
    lot = await town.a_lot()
    for person in (await town.a_merchant("Léa"), await town.a_customer(), await town.an_admin()):
        async with town.sql_as(person) as connection:
            assert await connection.execute("update app.lots set title = 'x' where id = $1", lot.id) == "UPDATE 0"
    async with town.sql_as(None) as connection:
        with pytest.raises(Exception, match="permission denied"):
            await connection.execute("update app.lots set title = 'x' where id = $1", lot.id)


# Withdrawing


async def test_withdrawing_a_lot_returns_money_and_quota_to_its_holders(town: Town) -> None:
    sophie, marc, amina = await town.a_merchant(), await town.a_customer(), await town.a_beneficiary()
    shop = await town.a_shop(sophie)
    paid_lot, free_lot = await town.a_lot(shop=shop, left=3), await town.a_free_lot(shop=shop, left=3)
    bought = await marc.buys(paid_lot, 2)
    taken = await amina.reserves(free_lot, 2)

    for lot in (paid_lot, free_lot):
        answer = await sophie.posts(f"/lots/{lot.id}/withdraw", key=f"withdraw {lot.id}")
        assert (answer["status"], answer["remaining"]) == ("withdrawn", 3)
        assert await sophie.posts(f"/lots/{lot.id}/withdraw", key=f"withdraw {lot.id}") == answer
        assert (await sophie.posts(f"/lots/{lot.id}/withdraw"))["status"] == "withdrawn"
    await town.worker_runs()

    assert await town.status_of(bought) == await town.status_of(taken) == "cancelled"
    assert await town.money(bought) == (800, 800)
    assert await town.taken_today(amina) == 0
    assert await town.stock_is_exact()
    for lot in (paid_lot, free_lot):
        assert await _is_hidden_from(await town.a_customer(), town, lot.id)
        assert (await refused(_changes(sophie, lot, title="Encore"))).code == "lot.closed"
        assert (await refused(_changes(sophie, lot, publish=True))).code == "lot.closed"
    assert (await marc.gets(f"/lots/{paid_lot.id}"))["status"] == "withdrawn"


async def test_a_lot_past_its_window_cannot_be_withdrawn_or_changed(town: Town) -> None:
    lot = await town.a_lot()
    await town.clock(lot.pickup_end)
    await town.worker_runs()
    assert (await refused(lot.shop.merchant.withdraws(lot))).code == "lot.closed"
    assert (await refused(_changes(lot.shop.merchant, lot, title="Encore"))).code == "lot.closed"


async def test_withdrawing_and_reserving_do_not_deadlock(town: Town) -> None:
    """A person reserves twice while a lot is being withdrawn, in the order in which careless locking would deadlock."""
    lot, amina = await town.a_free_lot(left=5), await town.a_beneficiary()
    async with town.copy.connection() as holding:
        held = holding.transaction()
        await held.start()
        await holding.execute("select from app.lot_stock where lot_id = $1 for update", lot.id)
        first = asyncio.create_task(amina.sends_reservation(lot))
        await _until_waiting(town, 1)  # has locked her quota, waits for the lot
        second = asyncio.create_task(amina.sends_reservation(lot))
        await _until_waiting(town, 2)  # waits for her quota
        withdrawal = asyncio.create_task(lot.shop.merchant.asks("POST", f"/lots/{lot.id}/withdraw"))
        await _until_waiting(town, 3)  # waits for the lot, behind the first reservation
        await held.rollback()
    answers = [answer.status_code for answer in await asyncio.gather(first, second, withdrawal)]

    assert answers in ([201, 409, 200], [201, 201, 200])
    assert await town.left(lot) == 5
    assert await town.taken_today(amina) == 0
    assert await town.stock_is_exact()


async def _until_waiting(town: Town, statements: int) -> None:
    """Wait until so many statements wait for a lock."""
    for _ in range(500):
        if (
            await town.value(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
            )
            >= statements
        ):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("too few statements wait for a lock")


# An admin's suspension


async def test_suspending_a_merchant_hides_lots_and_shop_until_restored(town: Town) -> None:
    odile, lot = await town.an_admin(), await town.a_lot()
    sophie = lot.shop.merchant

    await odile.suspends_account(sophie, "Trois lots non conformes")

    assert await _is_hidden_from(None, town, lot.id)
    assert (await town.request("GET", f"/v1/shops/{lot.shop.id}")).status_code == 404
    assert refusal_in(await sophie.asks("GET", f"/lots/{lot.id}")).code == "account.suspended"
    assert refusal_in(await sophie.asks("PATCH", f"/lots/{lot.id}", {"title": "x"})).code == "account.suspended"

    await odile.restores_account(sophie)

    assert (await town.request("GET", f"/v1/lots/{lot.id}")).status_code == 200
    assert (await _changes(sophie, lot, title="Retour"))["title"] == "Retour"


async def test_restoring_a_merchant_does_not_show_lots_of_a_rejected_shop(town: Town) -> None:
    odile, lot = await town.an_admin(), await town.a_lot()
    await odile.posts(f"/admin/shops/{lot.shop.id}/verify", {"decision": "rejected", "reason": "fermé"})
    assert await _is_hidden_from(None, town, lot.id)
    assert (await refused(_changes(lot.shop.merchant, lot, publish=True))).code == "shop.not_verified"

    await odile.suspends_account(lot.shop.merchant)
    refusal = await refused(odile.verifies_shop(lot.shop.id))
    await odile.restores_account(lot.shop.merchant)

    assert (refusal.status, refusal.code) == (409, "shop.owner_suspended")
    assert await _is_hidden_from(None, town, lot.id)
    await odile.verifies_shop(lot.shop.id)
    assert not await _is_hidden_from(None, town, lot.id)


@pytest.mark.parametrize("way", ["list", "publish"])
async def test_no_lot_stays_published_when_its_merchant_is_suspended(town: Town, way: str) -> None:
    odile: Admin = await town.an_admin()
    for _ in range(6):
        sophie = await town.a_merchant()
        shop = await town.a_shop(sophie)
        if way == "list":
            publishing = [sophie.asks("POST", "/lots", await town.lot_fields(shop)) for _ in range(4)]
        else:
            drafts = [await sophie.lists(shop, publish=False) for _ in range(4)]
            publishing = [sophie.asks("PATCH", f"/lots/{draft['id']}", {"publish": True}) for draft in drafts]
        suspend = odile.asks("POST", f"/admin/accounts/{sophie.id}/suspend", {"reason": "reported"})
        answers = await asyncio.gather(*publishing[:2], suspend, *publishing[2:])
        if answers[2].status_code == 503:  # deadlocked with a publication, and Postgres chose it as the victim
            await odile.suspends_account(sophie)
        else:
            assert answers[2].status_code == 200
    assert await town.value("select count(*) from app.lots where status = 'published'") == 0
