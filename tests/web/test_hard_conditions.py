"""Hard conditions: two tabs, back, double taps, a session that ends in a form, and browsers that refuse cookies."""

from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from tests.town import Town
from tests.town.people import Person
from tests.visitors import PASSWORD
from tests.web.browser import Browser, Page, Typed

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


async def with_password(person: Person) -> tuple[Browser, str]:
    """Return a browser in which the person is signed in, and the name that opens their account with PASSWORD."""
    await person.town.value("select app.set_password($1, $2)", person.id, QUICK.hash(PASSWORD))
    email = await person.town.value("select email from app.accounts where id = $1", person.id)
    return await Browser.of(person), str(email)


async def back_in(page: Page, name: str) -> Page:
    """Sign in on the page that a form without a session leads to."""
    assert page.status_code == 401
    assert "Votre session est terminée" in page.words
    return await page.form("/sign-in").send(username=name, password=PASSWORD)


async def test_two_tabs_of_a_lot_say_what_the_other_changed(town: Town) -> None:
    lot = await town.a_lot(title="Pains", left=5)
    sophie = await Browser.of(lot.shop.merchant)
    path = f"/my-shops/{lot.shop.id}/lots/{lot.id}/edit"
    first, second = await sophie.opens(path), await sophie.opens(path)
    assert (await first.form("Enregistrer").send(quantity="8")).said == "C’est enregistré."
    late = await second.form("Enregistrer").send(title="Pains <b>du matin</b>")
    assert late.status_code == 412
    assert "Quelqu’un a changé ceci" in late.alert
    assert "Portions\u00a0: enregistré maintenant\u00a0: «\u00a08\u00a0»" in late.alert.replace("\u202f", "\u00a0")
    assert late.form("Enregistrer").fields["title"] == "Pains <b>du matin</b>"
    assert await town.value("select title from app.lots") == "Pains"
    done = await late.form("Enregistrer").send(quantity="8")
    assert done.said == "C’est enregistré."
    assert tuple((await town.rows("select title, quantity from app.lots"))[0]) == ("Pains <b>du matin</b>", 8)


async def test_two_tabs_of_a_lot_say_what_differs_in_lists_and_boxes(town: Town) -> None:
    lot = await town.a_lot(title="Pains", left=5)
    sophie = await Browser.of(lot.shop.merchant)
    path = f"/my-shops/{lot.shop.id}/lots/{lot.id}/edit"
    first, second = await sophie.opens(path), await sophie.opens(path)
    theirs: dict[str, Typed] = {
        "allergens": ["milk", "nuts"],
        "cold_chain": True,
        "category": "bakery",
        "origin": "Alsace",
    }
    assert (await first.form("Enregistrer").send(dict(theirs))).said == "C’est enregistré."
    late = (await second.form("Enregistrer").send(title="Pains du matin")).alert.replace("\xa0", " ")
    for differs in ("Allergènes : enregistré maintenant : « Lait, Fruits à coque »", "À garder au froid", "Alsace"):
        assert differs in late.replace("\u202f", " "), late
    assert "Description" not in late  # the control: nobody changed it


async def test_two_tabs_of_a_lot_end_its_offer_only_as_it_was_seen(town: Town) -> None:
    lot = await town.a_lot(left=6)
    await (await town.a_customer()).buys(lot, 2)
    sophie = await Browser.of(lot.shop.merchant)
    path = f"/my-shops/{lot.shop.id}/lots/{lot.id}"
    seen, edited = await sophie.opens(path), await sophie.opens(f"{path}/edit")
    await edited.form("Enregistrer").send(quantity="8")
    for form in ("Plus rien à proposer", f"{path}/give"):
        late = await seen.form(form).send()
        assert late.status_code == 412
        assert "Quelqu’un a changé ce lot" in late.alert
        assert await town.value("select quantity from app.lots") == 8
    ends = late.form("Plus rien à proposer")
    for _ in range(2):  # a double tap
        page = await ends.send()
        assert (page.status_code, page.alert) == (200, "")
    assert await town.value("select quantity from app.lots") == 2


async def test_a_reservation_keeps_nobody_from_ending_what_is_on_offer(town: Town) -> None:
    lot, marc = await town.a_lot(left=6), await town.a_customer()
    await marc.buys(lot, 2)
    sophie = await Browser.of(lot.shop.merchant)
    seen = await sophie.opens(f"/my-shops/{lot.shop.id}/lots/{lot.id}")
    await marc.buys(lot, 1)
    page = await seen.form("Plus rien à proposer").send()
    assert (page.status_code, page.alert) == (200, "")
    assert await town.value("select quantity from app.lots") == 3


async def test_two_tabs_of_opening_hours_say_which_days_differ(town: Town) -> None:
    shop, house = await town.a_shop(), await town.an_association()
    for browser, path in (
        (await Browser.of(shop.merchant), f"/my-shops/{shop.id}/settings/hours"),
        (await Browser.of(house), "/association/about/hours"),
    ):
        first, second = await browser.opens(path), await browser.opens(path)
        hours = {"tuesday-0-opens": "07:00", "tuesday-0-closes": "12:00"}
        assert (await first.form("Enregistrer").send(dict(hours))).said == "C’est enregistré."
        late = await second.form("Enregistrer").send({"monday-0-opens": "09:00", "monday-0-closes": "10:00"})
        assert late.status_code == 412
        assert "mardi" in late.alert
        assert "07:00 – 12:00" in late.alert
        assert "mercredi" not in late.alert
        assert late.form("Enregistrer").fields["monday-0-opens"] == "09:00"
        assert (await late.form("Enregistrer").send()).said == "C’est enregistré."


async def test_two_tabs_of_a_recurring_listing_say_what_differs(town: Town) -> None:
    shop = await town.a_shop()
    sophie = await Browser.of(shop.merchant)
    page = await sophie.opens(f"/my-shops/{shop.id}/recurring/new")
    typed: dict[str, Typed] = {"title": "Pains", "original_price": "8", "price": "4", "quantity": "4"}
    page = await page.form("Enregistrer").send({**typed, "pickup_from": "18:00", "pickup_until": "19:00"})
    path = page.links["Modifier : Pains".replace(" :", "\xa0:")]
    first, second = await sophie.opens(path), await sophie.opens(path)
    assert (await first.form("Enregistrer").send(weekdays=["1", "2"])).said == "C’est enregistré."
    late = await second.form("Enregistrer").send(title="Pains du matin")
    assert late.status_code == 412
    assert "lundi, mardi" in late.alert
    assert (await late.form("Enregistrer").send()).said == "C’est enregistré."


async def test_two_tabs_of_a_shop_an_association_and_the_parameters(town: Town) -> None:
    shop, house, odile = await town.a_shop(), await town.an_association(), await town.an_admin()
    forms = (
        (await Browser.of(shop.merchant), f"/my-shops/{shop.id}/settings/page", "description", "Au levain", "Bio"),
        (await Browser.of(house), "/association/about", "description", "Rue du Port", "Le midi"),
        (await Browser.of(odile), "/admin/settings", "model_drafts_per_shop_and_day", "11", "12"),
    )
    for browser, path, field, ours, theirs in forms:
        first, second = await browser.opens(path), await browser.opens(path)
        assert (await first.form("Enregistrer").send({field: theirs})).said == "C’est enregistré."
        late = await second.form("Enregistrer").send({field: ours})
        assert late.status_code == 412, path
        assert theirs in late.alert
        assert late.form("Enregistrer").fields[field] == ours
        assert (await late.form("Enregistrer").send()).said == "C’est enregistré."


async def test_two_tabs_correct_a_person_of_an_association(town: Town) -> None:
    house = await town.an_association()
    amina = await town.a_beneficiary(association=house)
    browser = await Browser.of(house)
    path = f"/association/people/{amina.id}/correct"
    first, second = await browser.opens(path), await browser.opens(path)
    await first.form("Enregistrer").send(last_name="Belkacem")
    late = await second.form("Enregistrer").send(phone="+33 6 12 34 56 78")
    assert late.status_code == 412
    assert "Belkacem" in late.alert
    assert late.form("Enregistrer").fields["phone"] == "+33 6 12 34 56 78"


async def test_a_session_that_ends_in_a_lots_form_loses_nothing(town: Town) -> None:
    shop = await town.a_shop()
    sophie, name = await with_password(shop.merchant)
    page = await sophie.opens(f"/my-shops/{shop.id}/lots/new")
    sophie.cookies.clear()
    typed: dict[str, Typed] = {
        "title": 'Pains <b> "x"',
        "original_price": "8",
        "price": "4,50",
        "quantity": "6",
        "checked": True,
    }
    page = await page.form("Publier").send({**typed, "allergens": ["gluten", "milk"]}, button="Publier")
    page = await back_in(page, name)
    assert "Ce que vous aviez écrit est toujours là" in page.said
    fields = page.form("Publier").fields
    assert (fields["title"], fields["price"], fields["quantity"]) == ('Pains <b> "x"', "4,50", "6")
    assert sorted(fields["allergens"]) == ["gluten", "milk"]
    assert (await page.form("Publier").send(button="Publier")).said.startswith("C’est publié")
    assert await town.value("select title from app.lots where status = 'published'") == 'Pains <b> "x"'


async def test_a_form_kept_while_signing_in_is_shown_again_until_it_is_sent(town: Town) -> None:
    marc, lea = await town.a_customer(), await town.a_customer()
    browser, name = await with_password(marc)
    page = await browser.opens("/account/details")
    browser.cookies.clear()
    typed = await page.form("Enregistrer").send(display_name="Marc & Léa")
    fields = {field: str(value) for field, value in typed.form("/sign-in").fields.items()}
    entered = await browser.sends("/sign-in", **{**fields, "username": name, "password": PASSWORD})
    assert entered.status_code == 303  # reloading the next page sends no password again
    page = await browser.opens(entered.headers["location"])
    assert page.path.startswith("/account/details?")
    for again in (page, await browser.opens(page.path)):
        assert again.form("Enregistrer").fields["display_name"] == "Marc & Léa"
    assert "Marc & Léa" not in (await browser.opens("/account/details")).main.text
    assert "Marc &amp; Léa" not in (await (await Browser.of(lea)).opens(page.path)).text

    await town.changes("update app.accounts set display_name = 'Marc' where id = $1", marc.id)
    assert (await again.form("Enregistrer").send()).said == "C’est enregistré."
    await town.changes("update app.accounts set display_name = 'Marc' where id = $1", marc.id)
    assert (await browser.opens(page.path)).form("Enregistrer").fields["display_name"] == "Marc"


async def test_a_session_that_ends_in_forms_of_others_loses_nothing(town: Town) -> None:
    marc, house, odile = await town.a_customer(), await town.an_association(), await town.an_admin()
    forms = (
        (marc, "/account/details", {"display_name": "Marc & Léa"}),
        (house, "/association/about", {"description": "Ouvert <le> midi"}),
        (odile, "/admin/settings", {"model_drafts_per_shop_and_day": "13"}),
    )
    for person, path, typed in forms:
        browser, name = await with_password(person)
        page = await browser.opens(path)
        browser.cookies.clear()
        page = await back_in(await page.form("Enregistrer").send(dict(typed)), name)
        fields = page.form("Enregistrer").fields
        assert {field: fields[field] for field in typed} == typed
        assert (await page.form("Enregistrer").send()).said == "C’est enregistré."


async def test_a_reservation_without_a_session_comes_back_to_its_lot(town: Town) -> None:
    lot, marc = await town.a_lot(price_cents=500, left=4), await town.a_customer()
    browser, name = await with_password(marc)
    page = await browser.opens(f"/lots/{lot.id}")
    browser.cookies.clear()
    page = await back_in(await page.form("reserve").send(quantity="3"), name)
    assert page.form("reserve").fields["quantity"] == "3"
    page = await page.form("reserve").send()
    assert page.path.startswith("/reservations/")
    assert await town.value("select sum(quantity) from app.reservations") == 3


async def test_a_double_tap_and_back_do_once_for_merchants_and_associations(town: Town) -> None:
    shop, house = await town.a_shop(), await town.an_association()
    sophie, relais = await Browser.of(shop.merchant), await Browser.of(house)
    form = (await sophie.opens(f"/my-shops/{shop.id}/lots/new")).form("Publier")
    typed: dict[str, Typed] = {"title": "Pains", "original_price": "8", "price": "4", "quantity": "4", "checked": True}
    twice = [await form.send(dict(typed), button="Publier") for _ in range(2)]
    assert twice[0].path == twice[1].path
    assert await town.value("select count(*) from app.lots") == 1
    page = await relais.opens("/association/people/new")
    enrol = next(one for one in page.forms if "first_name" in one.fields)
    person = {"first_name": "Amina", "last_name": "B", "birth_date": "1990-01-02"}
    for _ in range(2):
        assert (await enrol.send(dict(person))).status_code == 200
    assert await town.value("select count(*) from app.beneficiaries") == 1
    withdraw = (await (await sophie.opens(twice[0].path)).follows("Retirer")).form("Retirer")
    assert (await withdraw.send()).said == "Le lot est retiré."
    again = await withdraw.send()  # back, and the same button once more
    assert again.status_code in (200, 409)
    assert again.headings


async def test_a_form_sent_after_signing_out_is_not_sent_by_itself(town: Town) -> None:
    lot = await town.a_lot()
    sophie, name = await with_password(lot.shop.merchant)
    page = await sophie.opens(f"/my-shops/{lot.shop.id}/lots/{lot.id}/withdraw")
    sophie.cookies.clear()
    page = await back_in(await page.form("Retirer").send(), name)
    assert await town.value("select status from app.lots") == "published"
    page = await page.form("Envoyer").send()
    assert await town.value("select status from app.lots") == "withdrawn"


@pytest.mark.parametrize(("path", "form"), [("/sign-in", "/sign-in"), ("/station", "/station/pair")])
async def test_a_browser_that_refuses_cookies_is_told_so(town: Town, path: str, form: str) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(opens_in=-timedelta(minutes=5))
    _, name = await with_password(marc)
    added = await lot.shop.merchant.posts(f"/shops/{lot.shop.id}/stations", {"name": "Caisse"})
    typed = {"pairing_code": added["pairing_code"]} if path == "/station" else {"username": name, "password": PASSWORD}
    browser = Browser(town)
    page = await browser.opens(path)
    browser.cookies.clear()
    page = await page.form(form).send(dict(typed))
    assert page.status_code == 422
    assert "Votre navigateur refuse les cookies" in page.alert
    page = await browser.opens(path)
    page = await page.form(form).send(dict(typed))  # the code was not spent
    assert page.status_code == 200
    assert not page.alert


async def test_a_tablet_that_refuses_cookies_is_told_so(town: Town) -> None:
    tablet = Browser(town)
    page = await tablet.opens("/kiosk")
    tablet.cookies.clear()
    page = await page.form("/kiosk/setup").send(device="x" * 40, where="Strasbourg")
    assert page.status_code == 422
    assert "Votre navigateur refuse les cookies" in page.alert
