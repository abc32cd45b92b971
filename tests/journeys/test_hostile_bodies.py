"""Hostile JSON bodies, sent to every route that takes a body: each is answered 422 and changes nothing."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.journeys.test_strangers import everything, example_of
from tests.town import Town
from tests.town.people import Person
from tests.town.things import recurring_listing

MERCHANTS = ("/v1/shops/", "/v1/lots/", "/v1/recurring-", "/v1/collection-links", "/v1/collect/")
# Fields that only the product sets, on every route.
SET_BY_THE_PRODUCT = {"status": "verified", "remaining": 99, "version": 1, "is_admin": True, "id": str(UUID(int=7))}


def spoilt(example: dict[str, Any]) -> dict[str, bytes]:
    """Return variants of a valid body, each spoilt in a way that strict JSON or an exact model must notice."""
    field = next(iter(example))
    plain = json.dumps(example)
    put = {name: json.dumps({**example, field: "@"}).replace('"@"', value) for name, value in RAW.items()}
    unknown = {f"the field {name}": json.dumps({**example, name: value}) for name, value in SET_BY_THE_PRODUCT.items()}
    bodies = {
        **put,
        **unknown,
        "a list": f"[{plain}]",
        "a text": '"text"',
        "two values": plain + plain,
        "cut off": plain[:-1],
        "deep": "[" * 100_000,
    }
    return {name: body.encode("utf-8", "surrogatepass") for name, body in bodies.items()} | {
        "not UTF-8": plain.encode().replace(b"{", b'{"\xff": 1, ', 1),
        "an unknown field of NaN": plain.replace("{", '{"x": NaN, ', 1).encode(),
    }


RAW = {
    "NaN": "NaN",
    "Infinity": "-Infinity",
    "1e400": "1e400",
    "a huge integer": "9" * 400,
    "a lone surrogate": '"\\ud800"',
    "a lone surrogate in bytes": '"\ud800"',
    "NUL": '"a\\u0000b"',
    "an object": '{"a": 1}',
}


async def takers(town: Town) -> dict[str, Person]:
    """Return a permitted caller for each route, so that only the body can be refused."""
    merchant = await town.a_merchant()
    customer = await town.a_customer()
    return {
        "/v1/shops": merchant,
        "/v1/lots": merchant,
        "/v1/pickups": merchant,
        "/v1/collections": merchant,
        "/v1/me": customer,
        "/v1/me/places": customer,
        "/v1/me/places/{place_id}": customer,
        "/v1/me/diet": customer,
        "/v1/lots/{lot_id}/reservations": customer,
        "/v1/lots/{lot_id}/waiting": customer,
        "/v1/suspended-lots": customer,
        "/v1/problem-reports/{report_id}/answer": merchant,
        "/v1/beneficiaries": await town.an_association(),
        "/v1/beneficiaries/find": await town.an_association("Cherche"),
        "/v1/beneficiaries/{beneficiary_id}": await town.an_association("Corrige"),
        "/v1/associations/me": await town.an_association("Ici"),
        "/v1/associations/me/mandates": await town.an_association("Mandate"),
        "/v1/partners/beneficiaries": await (await town.an_api_client()).signs_in(),
        "/v1/associations/me/api-clients": await town.an_association("Programme"),
        "/v1/associations/me/members": await town.an_association("Invite"),
        "/v1/associations/me/members/{member_id}": await town.an_association("Change"),
        "/v1/beneficiaries/cards": await town.an_association("Imprime"),
        "/v1/collections/{collection_id}/reception": await town.an_association("Reçoit"),
        "/v1/collections/{collection_id}/outcomes": await town.an_association("Distribue"),
        "/v1/associations/me/offers": await town.an_association("Donne"),
        "/v1/associations/me/needs": await town.an_association("Prend"),
        "/v1/chat-hooks": await town.an_association("Bavarde"),
        "/v1/neighbours/dismissals": merchant,
        "/v1/webhook-endpoints": merchant,
        "/v1/webhook-endpoints/{endpoint_id}": merchant,
        "/v1/collection-points": await town.an_association("Entrepose"),
        "/v1/kiosks": await town.an_association("Accueille"),
        "/v1/collections/{collection_id}/values": merchant,
        "/v1/donation-receipts": await town.an_association("Atteste"),
        "/v1/collectors/me": await town.a_collector("Pédale"),
        "/v1/tours/plan": await town.an_association("Planifie"),
        "/v1/tours/{tour_id}/decline": await town.a_collector("Décline"),
        "/v1/tours/{tour_id}/stops/{number}/steps": await town.a_collector("Roule"),
    }


@pytest.mark.parametrize("part", range(2))
async def test_a_spoilt_body_changes_nothing(town: Town, part: int) -> None:
    """The routes are split into two parts, so that each test stays short."""
    shop = await town.a_shop()
    lot = await town.a_lot(shop=shop)
    beneficiary = (await town.a_beneficiary()).id
    admin = await town.an_admin()
    ids = {
        "lot_id": lot.id,
        "shop_id": shop.id,
        "beneficiary_id": beneficiary,
        "account_id": (await town.a_customer("Paul")).id,
        "association_id": (await town.an_association("Ailleurs")).id,
        "collector_id": (await town.a_collector()).id,
        "reservation_id": uuid4(),
        "suspended_lot_id": uuid4(),
        "listing_id": (await shop.merchant.posts("/recurring-listings", recurring_listing(shop.id)))["id"],
        "day": "2030-06-10",
        "agreement_id": uuid4(),
        "organisation_id": uuid4(),
        "fund_id": uuid4(),
        "code": uuid4(),
        "client_id": uuid4(),
        "kiosk_id": uuid4(),
        "member_id": uuid4(),
        "point_id": uuid4(),
        "collection_id": uuid4(),
        "link_id": uuid4(),
        "series_id": uuid4(),
        "token": uuid4(),
        "hook_id": uuid4(),
        "endpoint_id": uuid4(),
        "station_id": uuid4(),
        "recall_notice_id": uuid4(),
        "report_id": uuid4(),
        "dispute_id": uuid4(),
        "place_id": uuid4(),
        "tour_id": uuid4(),
        "number": 1,
    }
    known = await takers(town)
    description = (await town.request("GET", "/openapi.json")).json()
    before = await everything(town)

    tried, wrong = 0, []
    for path, methods in list(description["paths"].items())[part::2]:
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            example = example_of(content, description) if content else None
            if not example or path == "/v1/stripe/webhook":  # the webhook takes signed bytes
                continue
            sender = known.get(path) or (shop.merchant if path.startswith(MERCHANTS) else admin)
            tried += 1
            for name, body in spoilt(example).items():
                got = await sender.asks(
                    method.upper(),
                    path.removeprefix("/v1").format(**ids),
                    headers={"Content-Type": "application/json"},
                    key=str(uuid4()) if method == "post" else None,
                    content=body,
                )
                if got.status_code != 422 or "\ufffd" in got.text or "Traceback" in got.text:
                    wrong.append(f"{method} {path}, {name}: {got.status_code} {got.text[:200]}")

    assert tried >= 7
    assert not wrong, "\n".join(wrong)
    assert await everything(town) == before


async def test_control_an_unspoilt_body_is_accepted(town: Town) -> None:
    """The control: only the spoiling is refused."""
    marc = await town.a_customer()
    lot = await town.a_lot()
    before = await everything(town)

    taken = await marc.asks("POST", f"/lots/{lot.id}/reservations", {"quantity": 1}, key="fine")

    assert taken.status_code == 201
    assert await everything(town) != before
