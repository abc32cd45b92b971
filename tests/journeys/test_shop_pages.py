"""Shops' pages: what a shop says of itself, its next lots, its photo, and the impact that it chooses to show."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from tests.photographs import file_of, two_colours
from tests.town import Lot, Person, Shop, Town
from tests.town.answers import accepted, refusal_in
from tests.visitors import Visitor

TUESDAY = {"tuesday": [{"opens": "07:00", "closes": "13:00"}]}


async def page(town: Town, shop: Shop, who: Person | None = None, language: str = "fr") -> dict[str, Any]:
    """Return a shop's page as a person or a visitor."""
    asking = who or Visitor(town)
    shown = await asking.asks("GET", f"/shops/{shop.id}", headers={"Accept-Language": language})
    body: dict[str, Any] = accepted(shown).json()
    return body


async def says(shop: Shop, **fields: Any) -> Any:
    return accepted(await shop.merchant.asks("PATCH", f"/shops/{shop.id}", fields)).json()


async def takes_photo(person: Person, key: str | None = None) -> str:
    taken = await person.sends_photo(file_of(two_colours(64, 48)), to="/photos", key=key)
    photo_id: str = accepted(taken).json()["photo_id"]
    return photo_id


async def test_a_shop_presents_itself_on_its_page(town: Town) -> None:
    shop = await town.a_shop()
    words = {
        "description": "Pain au levain.",
        "telephone": "+33 3 88 00 00 00",
        "website": "https://pain.example/a?b#c",
    }
    changed = await says(shop, **words, opening_hours=TUESDAY)
    assert {name: changed[name] for name in words} == words

    shown = await page(town, shop)
    assert {name: shown[name] for name in words} == words
    assert shown["opening_hours_text"][:2] == ["Lundi : fermé", "Mardi : de 7 h à 13 h"]
    assert (await page(town, shop, language="en"))["opening_hours_text"][1] == "Tuesday: 07:00 to 13:00"
    assert (shown["next_lots"], shown["impact"], shown["photo_id"]) == ([], None, None)
    assert "shows_impact" not in shown
    cleared = await says(shop, description="", telephone=None, website=None)
    assert (cleared["description"], cleared["telephone"], cleared["website"]) == ("", None, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"website": "http://pain.example"},
        {"website": "javascript:alert(1)"},
        {"website": "https://pain.example@evil.example"},
        {"website": 'https://pain.example/"onclick="x'},
        {"website": "https://"},
        {"website": "https://pain.example/" + "a" * 200},
        {"telephone": "appelez-moi"},
        {"telephone": "3"},
        {"description": "a" * 2001},
        {"description": "a\u202eb"},
        {"description": None},
        {"shows_impact": None},
        {"shows_impact": 1},
        {"photo_id": "x"},
    ],
)
async def test_a_page_takes_only_clean_words_and_https(town: Town, wrong: dict[str, Any]) -> None:
    shop = await town.a_shop()
    refusal = refusal_in(await shop.merchant.asks("PATCH", f"/shops/{shop.id}", wrong))
    assert (refusal.status, refusal.code) == (422, "request.invalid")
    assert await town.value("select version from app.shops") == 1


async def test_the_database_keeps_websites_to_https(town: Town) -> None:
    shop = await town.a_shop()
    for wrong in ("http://pain.example", "https://a@b.example", "https://", "https:///x", 'https://a"b'):
        async with town.sql_as(shop.merchant) as connection:
            with pytest.raises(asyncpg.CheckViolationError, match="shops_website_check"):
                await connection.execute("update app.shops set website = $1 where id = $2", wrong, shop.id)


async def test_next_lots_are_those_that_the_reader_may_reserve(town: Town) -> None:
    shop = await town.a_shop()
    amina, marc, lost = await town.a_beneficiary(), await town.a_customer(), await town.a_beneficiary("Lise")
    later = await town.a_lot(shop=shop, opens_in=timedelta(hours=5))
    sooner = await town.a_lot(shop=shop, opens_in=timedelta(hours=1))
    free = await town.a_free_lot(shop=shop, opens_in=timedelta(hours=2))
    await town.a_lot(shop=await town.a_shop())
    await town.a_lot(shop=shop, status="draft")
    await town.a_lot(shop=shop, left=1)
    [gone] = await town.rows("select id from app.lots where quantity = 1")
    await town.changes("update app.lot_stock set remaining = 0 where lot_id = $1", gone["id"])
    await lost.reserves(free)
    await town.changes("update app.beneficiaries set status = 'suspended' where id = $1", lost.id)

    async def next_lots(who: Person | None) -> list[str]:
        return [lot["id"] for lot in (await page(town, shop, who))["next_lots"]]

    public = [str(sooner.id), str(later.id)]
    for person in (None, marc, lost, shop.merchant, await town.an_admin(), await town.an_association()):
        assert await next_lots(person) == public
    assert await next_lots(amina) == [str(sooner.id), str(free.id), str(later.id)]
    [first, _] = (await page(town, shop))["next_lots"]
    assert (first["kind"], first["price_cents"], first["original_price_cents"]) == ("discounted", 400, 800)


async def test_a_page_is_the_same_with_and_without_free_lots(town: Town) -> None:
    """Strangers get the same bytes before and after a shop offers free lots."""
    shop = await town.a_shop()
    before = await Visitor(town).asks("GET", f"/shops/{shop.id}")
    await town.a_free_lot(shop=shop)
    converted = await town.a_lot(shop=shop)
    await town.changes(
        "update app.lots set kind = 'free', price_cents = 0, price_before_free_cents = 400, converted_at = app.clock()"
        " where id = $1",
        converted.id,
    )
    after = await Visitor(town).asks("GET", f"/shops/{shop.id}")
    assert (after.content, after.headers["etag"]) == (before.content, before.headers["etag"])
    on_offer = await town.a_lot(shop=shop)  # the control
    shown = (await Visitor(town).asks("GET", f"/shops/{shop.id}")).json()["next_lots"]
    assert [lot["id"] for lot in shown] == [str(on_offer.id)]


async def test_a_page_shows_a_photo_that_its_people_took(town: Town) -> None:
    shop, other = await town.a_shop(), await town.a_shop()
    photo = await takes_photo(shop.merchant, key="photo")
    assert await takes_photo(shop.merchant, key="photo") == photo
    unseen = refusal_in(await Visitor(town).asks("GET", f"/photos/{photo}/card"))
    assert (unseen.status, unseen.code) == (404, "photo.not_found")
    refusal = refusal_in(await other.merchant.asks("PATCH", f"/shops/{other.id}", {"photo_id": photo}))
    assert (refusal.status, refusal.code) == (422, "photo.unknown")
    assert (
        refusal_in(await shop.merchant.asks("PATCH", f"/shops/{shop.id}", {"photo_id": str(uuid4())})).code
        == "photo.unknown"
    )

    assert (await says(shop, photo_id=photo))["photo_id"] == photo
    assert (await page(town, shop))["photo_id"] == photo
    seen = await Visitor(town).asks("GET", f"/photos/{photo}/card")
    assert (seen.status_code, seen.headers["content-type"]) == (200, "image/webp")
    await town.changes("update app.photos set created_at = created_at - interval '2 days'")
    await town.changes("select app.orphaned_photos(10)")
    assert await town.value("select status from app.photos where id = $1", photo) == "kept"

    # Replaced or of a shop that is suspended, nobody else sees it; the worker removes what no page shows.
    await town.changes("update app.shops set status = 'suspended' where id = $1", shop.id)
    assert (await Visitor(town).asks("GET", f"/photos/{photo}/card")).status_code == 404
    await says(shop, photo_id=None)
    await town.changes("select app.orphaned_photos(10)")
    assert await town.value("select status from app.photos where id = $1", photo) == "going"


async def test_a_photo_of_a_problem_report_never_comes_on_a_page_or_a_lot(town: Town) -> None:
    """Not even that of somebody who works here and reported as a customer."""
    shop, lea = await town.a_shop(), await town.a_customer("Léa")
    await town.changes(
        "insert into app.members (shop_id, account_id, role, joined_at) values ($1, $2, 'staff', now())",
        shop.id,
        lea.id,
    )
    lot = await town.a_lot(shop=shop)
    held = await lea.buys(lot)
    await town.opens(lot)
    await shop.merchant.hands_over(await lea.pass_for(held))
    reported, other = await takes_photo(lea), await takes_photo(lea)
    words = {"kind": "quality", "text": "Deux des trois pains étaient moisis.", "photo_id": reported}
    await lea.posts(f"/reservations/{held.id}/problem-report", words)

    on_page = refusal_in(await shop.merchant.asks("PATCH", f"/shops/{shop.id}", {"photo_id": reported}))
    on_lot = refusal_in(await shop.merchant.asks("PATCH", f"/lots/{lot.id}", {"photo_id": reported}))
    assert (on_page.code, on_lot.code) == ("photo.unknown", "lot.photo_unknown")
    assert (await says(shop, photo_id=other))["photo_id"] == other  # the control


async def test_only_people_of_verified_shops_and_associations_take_photos(town: Town) -> None:
    pending = await town.a_shop(verified=False)
    for person in (pending.merchant, await town.a_customer(), await town.an_association(status="pending")):
        refusal = refusal_in(await person.sends_photo(file_of(two_colours(64, 48)), to="/photos"))
        assert (refusal.status, refusal.code) == (403, "access.forbidden")
    assert await town.value("select count(*) from app.photos") == 0
    assert await takes_photo(await town.an_association())


async def hand_over(town: Town, lot: Lot, people: int, portions: int = 1) -> None:
    """Hand free portions to so many new people."""
    for number in range(people):
        person = await town.a_beneficiary(f"Amina {number}")
        await lot.shop.merchant.hands_over(await person.pass_for(await person.reserves(lot, portions)))


async def test_a_shop_shows_its_closed_months_rounded_if_it_wants(town: Town) -> None:
    await town.clock("2026-10-30T10:00:00+01:00")
    shop = await town.a_shop()
    times: dict[str, Any] = {"left": 100, "opens_in": timedelta(0), "lasts": timedelta(days=3)}
    lot = await town.a_free_lot(shop=shop, weight_grams=1700, **times)
    await says(shop, shows_impact=True)
    await hand_over(town, lot, 11)  # 18.7 kg, 37.4 meals, 33.66 kg of CO2e
    assert (await page(town, shop))["impact"] is None  # the month is not over
    await town.clock("2026-11-01T00:59:00+01:00")
    assert (await page(town, shop))["impact"] is None  # what began in October may still be written
    await town.clock("2026-11-01T01:00:00+01:00")
    october = {
        "from": "2026-10",
        "to": "2026-10",
        "meals": 40,
        "food_kg": 20,
        "co2e_kg": 30,
        "method": "ecopanier-2025",
    }
    assert (await page(town, shop))["impact"] == october

    # A month with ten people, or in which one has more than 85 %, adds nothing; what is published does not move.
    await hand_over(town, await town.a_free_lot(shop=shop, weight_grams=50_000, **times), 10)
    await town.clock("2026-12-01T01:00:00+01:00")
    assert (await page(town, shop))["impact"] == october
    await hand_over(town, await town.a_free_lot(shop=shop, weight_grams=100, **times), 11)
    await hand_over(town, await town.a_free_lot(shop=shop, weight_grams=100_000, **times), 1)
    await town.clock("2027-01-01T01:00:00+01:00")
    assert (await page(town, shop))["impact"] == october
    await hand_over(town, await town.a_free_lot(shop=shop, weight_grams=10_000, **times), 12)  # the control
    await town.clock("2027-02-01T01:00:00+01:00")
    shown = (await page(town, shop))["impact"]
    assert (shown["from"], shown["to"], shown["food_kg"]) == ("2026-10", "2027-01", 140)

    assert (await says(shop, shows_impact=False))["impact"] is None
    assert (await page(town, shop))["impact"] is None


async def test_erasing_a_merchant_empties_the_page_of_their_shop(town: Town) -> None:
    shop = await town.a_shop()
    photo = await takes_photo(shop.merchant)
    await says(shop, description="Pain.", telephone="0388000000", website="https://pain.example", photo_id=photo)
    accepted(await shop.merchant.asks("DELETE", "/me"))
    [left] = await town.rows("select description, telephone, website, photo_id, shows_impact from app.shops")
    assert tuple(left) == ("", None, None, None, False)
    assert await town.value("select status from app.photos where id = $1", photo) == "going"
    assert await town.value("select count(*) from app.shop_names") == 0
