"""Answers that no response model writes: they have exactly the fields and types of the model that documents them.

Hot routes pass on JSON that the database wrote, and a repeated request gets the JSON that was kept. FastAPI checks
neither.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError

from backend.main import HOT, ROUTERS
from tests.town import Lot, Person, Reservation, Town

MODELS: dict[tuple[str, str], Any] = {
    (method, route.path.removeprefix("/v1")): route.response_model
    for route in [
        *(route for hot in HOT for route in hot.documentation),
        *(route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)),
    ]
    for method in route.methods or ()
}
"""The model that the description names for each route."""


def as_documented(method: str, path: str, answer: httpx2.Response) -> Any:
    """Return an answer's JSON. Fails unless it has exactly the fields and types of the model that documents it."""
    assert answer.is_success, answer.text
    read = TypeAdapter(MODELS[method, path]).validate_json(answer.content, strict=True)
    written = TypeAdapter(MODELS[method, path]).dump_python(read, mode="json", by_alias=True)
    assert shape(answer.json()) == shape(written)
    return answer.json()


def shape(value: Any) -> Any:
    """Return the names of all fields, however deep."""
    if isinstance(value, Mapping):
        return {name: shape(part) for name, part in value.items()}
    return [shape(part) for part in value] if isinstance(value, list) else None


async def a_suspended_lot(town: Town) -> Lot:
    lot, donor = await town.a_lot(left=3), await town.a_customer("Jeanne")
    await donor.gives(lot)
    return await town.suspended_lot_of(lot)


async def a_converted_lot(town: Town) -> Lot:
    lot = await town.a_lot(left=3)
    await town.changes(
        "update app.lots set kind = 'free', price_cents = 0, price_before_free_cents = price_cents,"
        " converted_at = app.clock()"
    )
    return Lot(lot.id, lot.shop, "free", 0, lot.pickup_start, lot.pickup_end)


async def a_full_lot(town: Town) -> Lot:
    """Make a free lot with everything that may be left out."""
    return await town.a_free_lot(
        description="Du jour",
        allergens=["milk"],
        cold_chain=True,
        weight_grams=400,
        date_kind="best_before",
        food_date=await town.today(),
    )


LOTS: dict[str, Callable[[Town], Awaitable[Lot]]] = {
    "free": Town.a_free_lot,
    "discounted": Town.a_lot,
    "suspended": a_suspended_lot,
    "converted": a_converted_lot,
    "with everything": a_full_lot,
}


async def somebody_for(town: Town, kind: str) -> Person:
    return await town.a_customer() if kind == "discounted" else await town.a_beneficiary()


kinds = pytest.mark.parametrize("kind", LOTS)


@kinds
async def test_a_search_answers_as_documented(town: Town, kind: str) -> None:
    lot, amina = await LOTS[kind](town), await town.a_beneficiary()

    for _ in range(2):
        found = await amina.asks("GET", "/lots", params={"near": f"{lot.shop.latitude},{lot.shop.longitude}"})
        assert str(lot.id) in [one["id"] for one in as_documented("GET", "/lots", found)["data"]]
        await town.a_free_lot(shop=lot.shop)


async def test_each_page_of_a_search_answers_as_documented(town: Town) -> None:
    lot = await town.a_lot()
    await town.a_lot(shop=lot.shop)
    asked = {"near": f"{lot.shop.latitude},{lot.shop.longitude}", "limit": "1"}
    marc = await town.a_customer()

    first = as_documented("GET", "/lots", await marc.asks("GET", "/lots", params=asked))
    last = as_documented("GET", "/lots", await marc.asks("GET", "/lots", params={**asked, "after": first["next"]}))
    none = as_documented("GET", "/lots", await marc.asks("GET", "/lots", params={"near": "0,0"}))

    assert [page["has_more"] for page in (first, last, none)] == [True, False, False]


@pytest.mark.parametrize("path", ["/admin/accounts", "/admin/lots"])
async def test_lists_for_admins_answer_as_documented(town: Town, path: str) -> None:
    odile, relais = await town.an_admin(), await town.an_association()
    await relais.enrols()
    for _ in range(2):
        await town.a_lot()

    everything = as_documented("GET", path, await odile.asks("GET", path))
    asked = {"limit": "1"}
    first = as_documented("GET", path, await odile.asks("GET", path, params=asked))
    asked |= {"limit": "100", "after": first["next"]}
    rest = as_documented("GET", path, await odile.asks("GET", path, params=asked))

    assert [page["has_more"] for page in (everything, first, rest)] == [False, True, False]
    assert len(everything["data"]) >= 2
    assert first["data"] + rest["data"] == everything["data"]


async def test_each_page_of_the_audit_log_answers_as_documented(town: Town) -> None:
    odile, relais = await town.an_admin(), await town.an_association()
    enrolled = await relais.enrols()
    for _ in range(2):
        await relais.gets(f"/beneficiaries/{enrolled['id']}")

    everything = as_documented("GET", "/admin/audit", await odile.asks("GET", "/admin/audit"))
    asked = {"limit": "1", "action": "person.opened"}
    first = as_documented("GET", "/admin/audit", await odile.asks("GET", "/admin/audit", params=asked))
    asked["after"] = first["next"]
    last = as_documented("GET", "/admin/audit", await odile.asks("GET", "/admin/audit", params=asked))

    assert [page["has_more"] for page in (everything, first, last)] == [False, True, False]
    opened = [one for one in everything["data"] if one["action"] == "person.opened"]
    assert first["data"] + last["data"] == opened
    assert opened[0]["detail"]["why"] == "read"
    assert opened[0]["at"].endswith("Z")


@kinds
async def test_reserving_answers_as_documented_the_first_time_and_again(town: Town, kind: str) -> None:
    lot = await LOTS[kind](town)
    person = await somebody_for(town, kind)

    answers = [await person.sends_reservation(lot, key="the same") for _ in range(2)]

    made = [as_documented("POST", "/lots/{lot_id}/reservations", answer) for answer in answers]
    assert answers[0].content == answers[1].content
    assert (made[0]["status"], made[0]["payment"] is None) == (
        ("held", False) if kind == "discounted" else ("confirmed", True)
    )


@pytest.mark.parametrize("kind", ["free", "discounted"])
async def test_taking_an_offer_answers_as_documented_the_first_time_and_again(town: Town, kind: str) -> None:
    lot = await (town.a_free_lot(left=1) if kind == "free" else town.a_lot(left=1))
    first, second = await somebody_for(town, kind), await somebody_for(town, kind)
    held = await first.reserves(lot)
    entry = await second.waits(lot)
    await first.cancels(held)

    path = f"/waiting/{entry['id']}/take"
    answers = [await second.asks("POST", path, key="the same") for _ in range(2)]

    made = [as_documented("POST", "/waiting/{waiting_id}/take", answer) for answer in answers]
    assert answers[0].content == answers[1].content
    assert made[0]["status"] == ("confirmed" if kind == "free" else "held")


async def test_suspending_answers_as_documented_the_first_time_and_again(town: Town) -> None:
    lot, donor = await town.a_lot(), await town.a_customer()
    wanted = {"lot_id": str(lot.id), "quantity": 2, "if_unclaimed": "move"}

    answers = [await donor.asks("POST", "/suspended-lots", wanted, key="the same") for _ in range(2)]

    made = [as_documented("POST", "/suspended-lots", answer) for answer in answers]
    assert answers[0].content == answers[1].content
    assert (made[0]["status"], made[0]["if_unclaimed"]) == ("held", "move")


@kinds
async def test_reads_of_holder_and_counter_are_as_documented(town: Town, kind: str) -> None:
    lot = await LOTS[kind](town)
    person, merchant = await somebody_for(town, kind), lot.shop.merchant
    held = await person.reserves(lot)
    if held.status == "held":
        as_documented("GET", "/reservations", await person.asks("GET", "/reservations"))
        as_documented("GET", "/reservations", await merchant.asks("GET", "/reservations"))
        held = await person.pays(held)
    await town.opens(lot)

    for reader in (person, merchant):
        as_documented("GET", "/reservations", await reader.asks("GET", "/reservations"))
        alone = await reader.asks("GET", f"/reservations/{held.id}")
        as_documented("GET", "/reservations/{reservation_id}", alone)
    shown = await person.asks("GET", f"/reservations/{held.id}/pass")
    code = as_documented("GET", "/reservations/{reservation_id}/pass", shown)
    handed_over = {"qr": code["qr"], "pin": code["pin"]}
    answers = [await merchant.asks("POST", "/pickups", handed_over, key="the same") for _ in range(2)]
    done = [as_documented("POST", "/pickups", answer) for answer in answers]
    assert answers[0].content == answers[1].content
    assert done[0]["reservation_id"] == str(held.id)
    as_documented("GET", "/impact", await person.asks("GET", "/impact"))


@kinds
async def test_cancelling_answers_as_documented_the_first_time_and_again(town: Town, kind: str) -> None:
    lot = await LOTS[kind](town)
    person = await somebody_for(town, kind)
    held: Reservation = await person.reserves(lot)

    for key in ("the same", "the same", "another"):
        answer = await person.asks("POST", f"/reservations/{held.id}/cancel", key=key)
        assert as_documented("POST", "/reservations/{reservation_id}/cancel", answer)["status"] == "cancelled"


async def test_answers_kept_for_a_repeated_request_are_as_documented(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(left=1, opens_in=timedelta(hours=5))
    await (await town.a_customer("Léa")).reserves(lot)
    merchant, shop = lot.shop.merchant, town.shop_fields()
    fields = await town.lot_fields(lot.shop)

    for _ in range(2):
        joined = await marc.asks("POST", f"/lots/{lot.id}/waiting", {}, key="to wait")
        entry = as_documented("POST", "/lots/{lot_id}/waiting", joined)
        left = await marc.asks("POST", f"/waiting/{entry['id']}/leave", key="to leave")
        as_documented("POST", "/waiting/{waiting_id}/leave", left)
        as_documented("POST", "/shops", await merchant.asks("POST", "/shops", shop, key="a shop"))
        listed = as_documented("POST", "/lots", await merchant.asks("POST", "/lots", fields, key="a lot"))
        withdrawn = await merchant.asks("POST", f"/lots/{listed['id']}/withdraw", key="no lot")
        as_documented("POST", "/lots/{lot_id}/withdraw", withdrawn)


async def test_lots_at_work_answer_as_documented_and_as_the_list_of_the_shop(town: Town) -> None:
    first = await a_full_lot(town)
    await town.a_lot(shop=first.shop, status="draft")
    await town.a_lot(shop=first.shop)
    merchant, path = first.shop.merchant, "/shops/{shop_id}/workplace/lots"

    pages: list[dict[str, Any]] = [{}]
    for asked in ({"limit": 2}, {"limit": 2, "after": "next"}, {"status": "draft"}, {"status": "withdrawn"}):
        sent = {**asked, **({"after": pages[-1]["next"]} if "after" in asked else {})}
        answer = await merchant.asks("GET", path.format(shop_id=first.shop.id), params=sent)
        pages.append(as_documented("GET", path, answer))
        listed = as_documented(
            "GET", "/shops/{shop_id}/lots", await merchant.asks("GET", f"/shops/{first.shop.id}/lots", params=sent)
        )
        of_shop = {name: pages[-1][name] for name in ("data", "has_more", "next")}
        assert written("/shops/{shop_id}/lots", of_shop) == written("/shops/{shop_id}/lots", listed)

    assert [len(page_["data"]) for page_ in pages[1:]] == [2, 1, 1, 0]
    assert {page_["shop"]["role"] for page_ in pages[1:]} == {"owner"}
    stranger = await (await town.a_merchant()).asks("GET", path.format(shop_id=first.shop.id))
    assert (stranger.status_code, stranger.json()["code"]) == (404, "shop.not_found")


def written(path: str, page: Any) -> Any:
    """Return a page of a list with all moments written alike. path: of the list."""
    return TypeAdapter(MODELS["GET", path]).validate_python(page)


@kinds
async def test_pickups_answer_as_documented_and_as_the_two_lists(town: Town, kind: str) -> None:
    lot, other = await LOTS[kind](town), await town.a_lot(left=1, opens_in=timedelta(hours=5))
    await (await town.a_customer("Léa")).reserves(other)
    person = await somebody_for(town, kind)
    await person.reserves(lot)
    await person.asks("POST", f"/lots/{other.id}/waiting", {}, key="to wait")

    for asked in ({}, {"limit": 1}):
        found = as_documented("GET", "/me/pickups", await person.asks("GET", "/me/pickups", params=asked))
        listed = as_documented("GET", "/reservations", await person.asks("GET", "/reservations", params=asked))
        assert written("/reservations", {name: found[name] for name in listed}) == written("/reservations", listed)
        running = as_documented("GET", "/waiting", await person.asks("GET", "/waiting"))["data"]
        assert [one["id"] for one in found["waiting"]] == [one["id"] for one in running] != []
        assert {one["place"] for one in found["waiting"]} == {1}


async def test_later_pages_of_pickups_have_no_waiting_list_entries(town: Town) -> None:
    marc, lots = await town.a_customer(), [await town.a_lot(left=1) for _ in range(3)]
    for lot in lots[:2]:
        await marc.reserves(lot)
    await (await town.a_customer("Léa")).reserves(lots[2])
    await marc.asks("POST", f"/lots/{lots[2].id}/waiting", {}, key="to wait")

    first = as_documented("GET", "/me/pickups", await marc.asks("GET", "/me/pickups", params={"limit": 1}))
    asked = {"limit": 1, "after": first["next"]}
    last = as_documented("GET", "/me/pickups", await marc.asks("GET", "/me/pickups", params=asked))

    assert [(len(page["data"]), page["has_more"], len(page["waiting"])) for page in (first, last)] == [
        (1, True, 1),
        (1, False, 0),
    ]
    assert first["data"][0]["id"] != last["data"][0]["id"]
    stranger = await (await town.a_merchant()).asks("GET", "/me/pickups")
    assert (stranger.status_code, stranger.json()["code"]) == (403, "access.forbidden")


FAULTS = {
    "a field too many": ("'created_at', r.created_at)", "'created_at', r.created_at, 'account_id', r.account_id)"),
    "a field too few": ("'hold_until', r.hold_until, ", ""),
    "a text for a number": ("'quantity', r.quantity,", "'quantity', r.quantity::text,"),
    "a value that is none of the list": ("'status', r.status,", "'status', 'taken',"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_control_an_answer_that_is_not_as_documented_is_noticed(town: Town, fault: str) -> None:
    right, wrong = FAULTS[fault]
    source: str = await town.value("select pg_get_functiondef('app.reservation_json'::regproc)")
    assert right in source
    amina, lot = await town.a_beneficiary(), await town.a_free_lot()
    as_documented("POST", "/lots/{lot_id}/reservations", await amina.sends_reservation(lot))
    await town.changes(source.replace(right, wrong))

    answer = await amina.sends_reservation(lot)

    with pytest.raises((ValidationError, AssertionError)):
        as_documented("POST", "/lots/{lot_id}/reservations", answer)
    assert json.loads(answer.content)["payment"] is None


async def test_public_impact_answers_as_documented(town: Town) -> None:
    answer = await town.request("GET", "/v1/impact")

    assert as_documented("GET", "/impact", answer)["method"]
    assert answer.headers["cache-control"] == "no-cache"
