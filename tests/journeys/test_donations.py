"""Donation slips and donation receipts: what they say, that they do not change, and who reads them."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pypdf import PdfReader

from backend.custody import jobs
from backend.settings import settings
from backend.worker import working
from tests.town import Person, Town
from tests.town.answers import accepted, refusal_in
from tests.town.rounds import Round, a_collection, a_round


async def text_of(person: Person, path: str) -> str:
    """Return the text of a PDF, with single spaces."""
    answer = accepted(await person.asks("GET", path))
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    pages = PdfReader(io.BytesIO(answer.content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


async def taken(town: Town, *items: dict[str, Any]) -> Round:
    tour = await a_round(town, await a_collection(town, items=list(items) or [{"batch": "L2447"}]))
    one = tour.collections[0]
    await town.an_agreement(tour.association, one.shop.id, status="confirmed")
    await tour.takes(1, degrees=3.5, items=[{"item_id": str(item), "kg": 22} for item in one.items])
    strokes = [[[100, 500], [300, 450], [520, 610]], [[10, 10]]]
    await tour.reports(1, tour.step("signature", 6, signature={"by": "giver", "name": "Sophie M.", "strokes": strokes}))
    await tour.leaves()
    return tour


async def received(town: Town, *items: dict[str, Any]) -> Round:
    tour = await taken(town, *items)
    one = tour.collections[0]
    some = [{"item_id": str(item), "kg": 15, "refused_because": "Moisi"} for item in one.items]
    await tour.association.posts(f"/collections/{one.id}/reception", {"items": some})
    return tour


async def test_a_slip_says_who_gave_what_to_whom_and_does_not_change(town: Town) -> None:
    tour = await taken(town)
    one = tour.collections[0]
    path = f"/collections/{one.id}/slip.pdf"
    provisional = await text_of(one.shop.merchant, path)
    assert "Bon de retrait provisoire" in provisional
    assert await town.value("select count(*) from app.collection_papers") == 0

    some = [{"item_id": str(one.items[0]), "kg": 15, "refused_because": "Moisi"}]
    await tour.association.posts(f"/collections/{one.id}/reception", {"items": some, "degrees": 4})
    said = await text_of(one.shop.merchant, path)
    for words in (
        "L2447",
        "30 kg",
        "22 kg",
        "15 kg",
        "Moisi",
        "3,5 °C",
        "Sophie M.",
        "Le Relais",
        "SIRET",
        "Convention",
    ):
        assert words in said, words
    names = await town.value("select name from app.shops where id = $1", one.shop.id)
    assert names in said

    first = (await one.shop.merchant.asks("GET", path)).content
    await town.changes("update app.associations set name = 'Autre nom' where id = $1", tour.association.id)
    for person in (tour.association, tour.collector, await town.an_admin()):
        assert (await person.asks("GET", path)).content == first
    stranger = refusal_in(await (await town.a_merchant()).asks("GET", path))
    assert (stranger.status, stranger.code) == (404, "collection.not_found")


def asked(tour: Round, day: datetime, **fields: Any) -> dict[str, Any]:
    return {
        "association_id": str(tour.association.id),
        "shop_id": str(tour.collections[0].shop.id),
        "first_day": (day - timedelta(days=1)).date().isoformat(),
        "last_day": (day + timedelta(days=1)).date().isoformat(),
        "purpose": "Aide alimentaire",
        "quality": "Association d'intérêt général",
        "attests": True,
        **fields,
    }


async def test_a_donation_receipt_names_all_goods_with_the_shop_s_value(town: Town) -> None:
    now = await town.now()
    near = {"title": "Yaourts", "category": "dairy", "date_kind": "use_by", "food_date": now.date()}
    tour = await received(
        town, {"title": "Pains"}, {**near, "food_date_ends_at": now.astimezone(UTC) + timedelta(days=2)}
    )
    one = tour.collections[0]
    body = asked(tour, now)
    unvalued = refusal_in(await tour.association.asks("POST", "/donation-receipts", body))
    assert (unvalued.status, unvalued.code) == (409, "donation.not_valued")

    values = {"items": [{"item_id": str(item), "value_cents": 6000} for item in one.items]}
    path = f"/collections/{one.id}/values"
    assert (await (await town.a_merchant()).asks("PUT", path, values)).status_code == 404
    accepted(await one.shop.merchant.asks("PUT", path, values))
    receipt = await tour.association.posts("/donation-receipts", body)
    # 15 of 30 kg were accepted: 30 €, and half of that for what is near its use-by.
    assert receipt["value_cents"] == 3000 + 1500
    assert receipt["number"] == f"{now:%Y}-0001"

    pdf = f"/donation-receipts/{receipt['id']}.pdf"
    said = await text_of(one.shop.merchant, pdf)
    for words in ("2041-MEC-SD", "Pains", "Yaourts", "moitié", "45,00 €", "238 bis", "Aide alimentaire", "15 kg"):
        assert words in said, words
    assert (await one.shop.merchant.asks("GET", pdf)).content == (await tour.association.asks("GET", pdf)).content
    assert [row["id"] for row in (await one.shop.merchant.gets("/donation-receipts"))["data"]] == [receipt["id"]]
    for stranger in (await town.a_merchant(), tour.collector):
        assert refusal_in(await stranger.asks("GET", pdf)).code == "donation.not_found"
        assert (await stranger.gets("/donation-receipts"))["data"] == []

    again = refusal_in(await tour.association.asks("POST", "/donation-receipts", body))
    assert (again.status, again.code) == (409, "donation.nothing")
    late = refusal_in(await one.shop.merchant.asks("PUT", path, values))
    assert (late.status, late.code) == (409, "donation.issued")


async def test_numbers_of_an_association_have_no_gaps(town: Town) -> None:
    tour = await received(town, {"value_cents": 6000})
    body = asked(tour, await town.now())
    numbers = [(await tour.association.posts("/donation-receipts", body))["number"]]
    for _ in range(2):
        refusal_in(await tour.association.asks("POST", "/donation-receipts", body))  # takes no number
        one = await a_collection(
            town, shop=tour.collections[0].shop, association=tour.association, items=[{"value_cents": 100}]
        )
        more = await a_round(town, one)
        await more.takes(1)
        await tour.association.posts(f"/collections/{one.id}/reception", {})
        numbers.append((await tour.association.posts("/donation-receipts", body))["number"])
    assert [number.rpartition("-")[2] for number in numbers] == ["0001", "0002", "0003"]
    other = await received(town, {"value_cents": 6000})
    first = await other.association.posts("/donation-receipts", asked(other, await town.now()))
    assert first["number"].endswith("-0001")


async def test_papers_cannot_be_changed_and_are_forgotten_in_time(town: Town) -> None:
    tour = await received(town, {"value_cents": 6000})
    one = tour.collections[0]
    await text_of(one.shop.merchant, f"/collections/{one.id}/slip.pdf")
    await tour.association.posts("/donation-receipts", asked(tour, await town.now()))
    for statement in (
        "update app.collection_papers set contents = '{}'",
        "update app.collection_papers set sha256 = 'x', bytes = 1, stored_at = now() where kind = 'slip'",
        "delete from app.collection_papers",
    ):
        with pytest.raises(Exception, match=r"record\.append_only"):
            await town.changes(statement)

    now = await town.now()
    for years, kinds in ((5, 2), (7, 1), (11, 0)):
        await town.clock(now + timedelta(days=366 * years))
        async with working(settings()) as (work, _):
            await jobs.forget_papers(work)
        assert await town.value("select count(*) from app.collection_papers") == kinds
