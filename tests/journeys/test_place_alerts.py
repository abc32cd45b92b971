"""Alerts for saved places: what comes on offer nearby, at most some times a day, in one notice, outside quiet hours."""

from datetime import timedelta
from typing import Any

import pytest

from tests.journeys.test_favourites import HOME, asks
from tests.journeys.test_notices import chooses, has_confirmed
from tests.town import Person, Town
from tests.town.tidings import at_noon, told_of_offers, waiting_mails_are_due
from tests.visitors import mails

ALERT = {"radius_m": 5000, "categories": [], "max_price_cents": None, "most_a_day": 2}
FAR = {"name": "Paris", "latitude": 48.8566, "longitude": 2.3522}


async def watches(person: Person, place: dict[str, Any] = HOME, **alert: Any) -> str:
    """Save a place with an alert and return its id."""
    saved = await person.posts("/me/places", {**place, "alert": alert})
    return str(saved["id"])


async def told(person: Person) -> list[str]:
    """Return the texts of what a person was told about places, oldest first."""
    return [notice["text"] for notice in await told_of_offers(person, "place_offers")]


async def later(town: Town, **more: int) -> None:
    await town.clock(await town.now() + timedelta(**more))


async def test_an_alert_is_part_of_its_place(town: Town) -> None:
    marc = await town.a_customer()
    saved = await marc.posts("/me/places", HOME)
    path = f"/me/places/{saved['id']}"
    assert saved["alert"] is None

    changed = await marc.asks("PATCH", path, {"alert": {"categories": ["bakery", "bakery"], "max_price_cents": 500}})
    assert changed.json()["alert"] == {**ALERT, "categories": ["bakery"], "max_price_cents": 500}
    assert changed.headers["etag"] == '"r2"'
    assert (await asks(marc, "PATCH", path, {"alert": None}, **{"If-Match": '"r1"'}))[0] == 412
    assert (await marc.asks("PATCH", path, {"name": "Chez moi"})).json()["alert"] is not None
    assert (await marc.asks("PATCH", path, {"alert": {}})).json()["alert"] == ALERT
    assert (await marc.gets("/me/places"))["data"] == [await marc.gets(path)]
    assert (await marc.asks("PATCH", path, {"alert": None})).json()["alert"] is None
    wrong: Any
    for wrong in (
        {"radius_m": 199},
        {"most_a_day": 11},
        {"categories": ["wine"]},
        {"max_price_cents": 0},
        {"x": 1},
        [],
    ):
        assert await asks(marc, "PATCH", path, {"alert": wrong}) == (422, "request.invalid")
    assert await town.value("select count(*) from app.place_alerts") == 0


async def test_lots_near_a_place_are_told_in_one_notice(town: Town) -> None:
    await at_noon(town)
    marc, near = await town.a_customer(), await town.a_shop()
    far = await town.a_shop(near=(48.65, 7.75))
    await watches(marc)
    await watches(marc, FAR)

    for title in ("Pains", "Tartes"):
        await town.a_lot(shop=near, title=title)
    await town.a_lot(shop=far)
    await town.a_lot(shop=near, status="draft", title="Brouillon")
    (text,) = await told(marc)
    assert [title in text for title in ("Maison", "Pains (Boulangerie du Marché), 4,00 €", "Tartes")] == [True] * 3
    assert "Brouillon" not in text
    (mail,) = await mails(town, marc.email)
    assert mail.subject == "De nouveaux lots près de « Maison »"
    assert await town.value("select count(*) from app.alerts_due") == 0

    await later(town, minutes=1)
    await town.a_lot(shop=near, title="Brioches")
    _, text = await told(marc)
    assert "Brioches" in text
    assert "Pains" not in text


async def test_an_alert_gathers_before_it_tells(town: Town) -> None:
    await at_noon(town)
    await town.changes("update app.settings set value = 10 where name = 'gather_minutes'")
    marc, shop = await town.a_customer(), await town.a_shop()
    await watches(marc)
    for title in ("Pains", "Tartes", "Brioches"):
        await town.a_lot(shop=shop, title=title, left=1)
        assert await told(marc) == []
        await later(town, minutes=2)
    await (await town.a_customer("Léa")).buys(await town.a_lot(shop=shop, title="Quiche", left=1))

    await later(town, minutes=4)
    (text,) = await told(marc)
    assert [title in text for title in ("Pains", "Tartes", "Brioches", "Quiche")] == [True, True, True, False]


@pytest.mark.parametrize(
    ("alert", "lot", "heard"),
    [
        ({"categories": ["bakery"]}, {"category": "bakery"}, True),
        ({"categories": ["fish", "dairy"]}, {"category": "bakery"}, False),
        ({"max_price_cents": 400}, {"price_cents": 400}, True),
        ({"max_price_cents": 399}, {"price_cents": 400}, False),
        ({"radius_m": 1400}, {}, True),  # the shop is 1 267 m from the place
        ({"radius_m": 1200}, {}, False),
    ],
)
async def test_an_alert_tells_of_what_it_asks_for(
    town: Town, alert: dict[str, Any], lot: dict[str, Any], heard: bool
) -> None:
    await at_noon(town)
    marc = await town.a_customer()
    await watches(marc, **alert)
    await town.a_lot(shop=await town.a_shop(), **lot)
    assert len(await told(marc)) == heard


async def test_free_lots_are_told_only_to_people_with_a_current_right(town: Town) -> None:
    await at_noon(town)
    shop, marc, amina, zoe = (
        await town.a_shop(),
        await town.a_customer(),
        await town.a_beneficiary(),
        await town.a_beneficiary("Zoé"),
    )
    await has_confirmed(town, amina, "amina@example.org")
    await town.changes("update app.beneficiaries set status = 'suspended' where id = $1", zoe.id)
    for person in (marc, amina, zoe):
        await watches(person)

    await town.a_free_lot(shop=shop, title="Soupe")
    assert "Soupe (Boulangerie du Marché), offert" in (await told(amina))[0]
    assert await told(marc) == await told(zoe) == []

    await town.a_lot(shop=shop, title="Pains", becomes_free_at=await town.now() + timedelta(minutes=5))
    assert [len(await told(person)) for person in (marc, amina, zoe)] == [1, 2, 1]
    await town.changes("update app.place_alerts set most_a_day = 9")
    await later(town, minutes=6)
    assert [len(await told(person)) for person in (marc, amina, zoe)] == [1, 3, 1]
    assert "Pains (Boulangerie du Marché), offert" in (await told(amina))[2]


async def test_a_right_that_ends_before_the_mail_keeps_free_lots_out_of_it(town: Town) -> None:
    await at_noon(town)
    shop, amina = await town.a_shop(), await town.a_beneficiary()
    await has_confirmed(town, amina, "amina@example.org")
    await watches(amina)
    await town.a_free_lot(shop=shop, title="Soupe")
    await town.a_lot(shop=shop, title="Pains")
    await town.changes("update app.settings set value = 10 where name = 'gather_minutes'")
    await told(amina)  # due in ten minutes
    await later(town, minutes=10)
    assert "Soupe" in (await told(amina))[0]  # and its mail ten minutes later

    await town.changes("update app.beneficiaries set status = 'suspended'")
    await later(town, minutes=10)
    await waiting_mails_are_due(town)
    (mail,) = await mails(town, "amina@example.org")
    assert ("Pains" in mail.text, "Soupe" in mail.text + mail.html) == (True, False)


async def test_an_alert_tells_some_times_a_day_at_most_and_goes_on_tomorrow(town: Town) -> None:
    await at_noon(town)
    marc, shop = await town.a_customer(), await town.a_shop()
    await watches(marc, most_a_day=2)
    for number in range(4):
        await town.a_lot(shop=shop, title=f"Lot {number}", opens_in=timedelta(hours=30))
        await told(marc)
        await later(town, minutes=30)
    assert [sum(f"Lot {n}" in text for n in range(4)) for text in await told(marc)] == [1, 1]

    await town.clock("2026-12-03T07:59+01:00")  # its day begins at midnight, but it is quiet until 8:00
    assert len(await told(marc)) == 2
    await town.clock("2026-12-03T08:00+01:00")
    text = (await told(marc))[2]
    assert [f"Lot {n}" in text for n in range(4)] == [False, False, True, True]


async def test_the_day_and_night_of_an_alert_are_those_of_its_person(town: Town) -> None:
    """It is noon in Paris and 15:00 in La Réunion; at 18:00 in Paris it is 21:00 there."""
    await at_noon(town)
    marc, shop = await town.a_customer(), await town.a_shop(commune="97411")
    await watches(marc, {"name": "Saint-Denis", "latitude": -20.8823, "longitude": 55.4504})
    await town.a_lot(shop=shop, opens_in=timedelta(hours=30))
    assert len(await told(marc)) == 1
    await town.clock("2026-12-02T18:00+01:00")
    await town.a_lot(shop=shop, opens_in=timedelta(hours=30))
    assert len(await told(marc)) == 1
    await town.clock("2026-12-03T05:00+01:00")
    assert len(await told(marc)) == 2


async def test_five_places_with_alerts_make_one_mail(town: Town) -> None:
    await at_noon(town)
    await town.changes("update app.settings set value = 10 where name = 'gather_minutes'")
    marc, shop = await town.a_customer(), await town.a_shop()
    for number in range(5):
        await watches(marc, {**HOME, "name": f"Lieu {number}"})
    await town.a_lot(shop=shop, opens_in=timedelta(hours=30))
    await told(marc)
    await later(town, minutes=10)
    assert len(await told(marc)) == 5

    await later(town, minutes=10)
    await waiting_mails_are_due(town)
    (mail,) = await mails(town, marc.email)
    assert mail.subject == "De nouveaux lots près de 5 de vos lieux"
    assert [f"Lieu {number}" in mail.text for number in range(5)] == [True] * 5


async def test_a_place_that_moves_or_goes_takes_its_alert_along(town: Town) -> None:
    await at_noon(town)
    marc, lea, shop = await town.a_customer(), await town.a_customer("Léa"), await town.a_shop()
    home, gone = await watches(marc), await watches(lea)
    await marc.asks("PATCH", f"/me/places/{home}", {"latitude": 48.8566, "longitude": 2.3522})
    await town.changes("update app.settings set value = 10 where name = 'gather_minutes'")
    await town.a_lot(shop=shop)
    await told(lea)
    await lea.asks("DELETE", f"/me/places/{gone}")
    await town.a_lot(shop=await town.a_shop(near=(48.86, 2.35)))
    await told(marc)
    await later(town, minutes=10)

    assert (len(await told(marc)), len(await told(lea))) == (1, 0)
    assert await town.value("select count(*) from app.alerts_due") == 0


async def test_suspended_accounts_and_those_who_want_none_hear_nothing(town: Town) -> None:
    await at_noon(town)
    marc, lea, shop = await town.a_customer(), await town.a_customer("Léa"), await town.a_shop()
    for person in (marc, lea):
        await watches(person)
    await (await town.an_admin()).suspends_account(marc)
    await chooses(lea, False, "app", "mail", event="place_offers")
    await town.a_lot(shop=shop)
    await town.worker_runs()
    assert await town.value("select count(*) from app.notices where event = 'place_offers'") == 0
    assert await mails(town) == []


async def test_people_who_turned_everything_off_are_told_of_no_offer(town: Town) -> None:
    await at_noon(town)
    marc, shop = await town.a_customer(), await town.a_shop()
    await watches(marc)
    await asks(marc, "PUT", f"/favourites/{shop.id}")
    await chooses(marc, False, "app", "mail")
    lot = await town.a_lot(shop=shop)
    await marc.buys(lot)
    await shop.merchant.withdraws(lot)

    await town.worker_runs()
    events = [notice["event"] for notice in (await marc.gets("/notices"))["data"]]
    assert events == ["lot_withdrawn"]
    assert len(await mails(town, marc.email)) == 1


async def test_alerts_are_erased_with_their_person(town: Town) -> None:
    await at_noon(town)
    marc, lea, shop = await town.a_customer(), await town.a_customer("Léa"), await town.a_shop()
    await town.changes("update app.settings set value = 10 where name = 'gather_minutes'")
    for person in (marc, lea):
        await watches(person)
    await town.a_lot(shop=shop)
    await town.worker_runs()
    assert await town.value("select count(*) from app.alerts_due") == 2
    await town.changes("select app.erase_account($1, 'test')", marc.id)
    left = await town.rows("select account_id from app.place_alerts")
    assert [row["account_id"] for row in left] == [lea.id]
    assert await town.value("select count(*) from app.alerts_due") == 1
