"""Lots: who sees them, how they are found and listed, and what an admin's suspension hides."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from tests.town import Admin, Lot, Merchant, Person, Town, refused
from tests.town.answers import accepted, refusal_in
from tests.town.people import moment


async def changes(merchant: Merchant, lot: Lot | str, **fields: Any) -> dict[str, Any]:
    lot_id = lot.id if isinstance(lot, Lot) else lot
    changed: dict[str, Any] = accepted(await merchant.asks("PATCH", f"/lots/{lot_id}", fields)).json()
    return changed


async def is_hidden_from(person: Person | None, town: Town, lot_id: UUID | str) -> bool:
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
        assert await is_hidden_from(person, town, draft["id"])

    published = await changes(sophie, draft["id"], publish=True)

    assert published["status"] == "published"
    assert published["published_at"] is not None
    for person in others:
        assert not await is_hidden_from(person, town, draft["id"])


async def test_only_beneficiaries_its_merchant_and_admins_see_a_free_lot(town: Town) -> None:
    lot = await town.a_free_lot()
    yesterday = await town.today() - timedelta(days=2)
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
        assert await is_hidden_from(person, town, lot.id)
    for person in (await town.a_beneficiary(), lot.shop.merchant, await town.an_admin()):
        seen = await person.gets(f"/lots/{lot.id}")
        assert (seen["price_cents"], seen["remaining"], seen["shop"]["id"]) == (0, 5, str(lot.shop.id))


async def test_a_lot_shows_everything_that_a_customer_needs_to_know(town: Town) -> None:
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    best = await town.today() - timedelta(days=2)

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
    only_alone = {
        "gtin": None,
        "batch": None,
        "becomes_free_at": None,
        "fair_draw": False,
        "free_lot_id": None,
        "free_cancellation_until": listed["free_cancellation_until"],
    }
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


# The shop and its owner


# Changing a lot


# What the database itself refuses


# Withdrawing


# An admin's suspension


async def test_suspending_a_merchant_hides_lots_and_shop_until_restored(town: Town) -> None:
    odile, lot = await town.an_admin(), await town.a_lot()
    sophie = lot.shop.merchant

    await odile.suspends_account(sophie, "Trois lots non conformes")

    assert await is_hidden_from(None, town, lot.id)
    assert (await town.request("GET", f"/v1/shops/{lot.shop.id}")).status_code == 404
    assert refusal_in(await sophie.asks("GET", f"/lots/{lot.id}")).code == "account.suspended"
    assert refusal_in(await sophie.asks("PATCH", f"/lots/{lot.id}", {"title": "x"})).code == "account.suspended"

    await odile.restores_account(sophie)

    assert (await town.request("GET", f"/v1/lots/{lot.id}")).status_code == 200
    assert (await changes(sophie, lot, title="Retour"))["title"] == "Retour"


async def test_restoring_a_merchant_does_not_show_lots_of_a_rejected_shop(town: Town) -> None:
    odile, lot = await town.an_admin(), await town.a_lot()
    await odile.posts(f"/admin/shops/{lot.shop.id}/verify", {"decision": "rejected", "reason": "fermé"})
    assert await is_hidden_from(None, town, lot.id)
    assert (await refused(changes(lot.shop.merchant, lot, publish=True))).code == "shop.not_verified"

    await odile.suspends_account(lot.shop.merchant)
    refusal = await refused(odile.verifies_shop(lot.shop.id))
    await odile.restores_account(lot.shop.merchant)

    assert (refusal.status, refusal.code) == (409, "shop.owner_suspended")
    assert await is_hidden_from(None, town, lot.id)
    await odile.verifies_shop(lot.shop.id)
    assert not await is_hidden_from(None, town, lot.id)


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
