"""The pages of one's account: name and language, what one is told of, consents, diet, places, data and erasure."""

import io
import zipfile

import pytest

from backend.places.loading import load_places
from tests.town import Town
from tests.visitors import PASSWORD
from tests.web.browser import Browser


async def amina_in(town: Town) -> Browser:
    """Return the browser of Amina, who registered herself and so has a password."""
    amina = Browser(town)
    await amina.joins()
    await amina.enters()
    return amina


async def test_every_link_of_the_account_leads_to_a_page(town: Town) -> None:
    people = [await town.a_customer(), await town.a_beneficiary("Zoé"), await town.a_merchant(), await town.an_admin()]
    for person in people:
        browser = await Browser.of(person)
        account = await browser.opens("/account")
        for address in {link for link in account.links.values() if link.startswith("/")}:
            page = await browser.opens(address)
            assert page.status_code == 200, (person, address, page)


async def test_name_and_language_are_changed(town: Town) -> None:
    browser = await Browser.of(await town.a_customer())
    page = await (await browser.opens("/account")).follows("/account/details")
    wrong = await page.form("Enregistrer").send(display_name=" ", checks=False)
    assert list(wrong.errors) == ["display_name"]
    page = await wrong.form("Enregistrer").send(display_name="Jean <b>Marc</b>", locale="en")
    assert page.path == "/account?done=saved"
    assert page.headings[0] == "Jean <b>Marc</b>"
    assert "Sign out" in page.words


async def test_a_code_is_not_shown_where_a_name_would_be(town: Town) -> None:
    zoe = await town.a_beneficiary("Zoé")
    await town.changes("update app.accounts set display_name = '2026-BEN-00042' where id = $1", zoe.id)
    await town.changes("update app.beneficiaries set code = '2026-BEN-00042' where id = $1", zoe.id)
    browser = await Browser.of(zoe)
    for path in ("/account", "/account/details", "/reservations", "/my-impact", "/favourites"):
        page = await browser.opens(path)
        assert "2026-BEN" not in page.text
        assert "énéficiaire" not in page.main.text
    assert "2026-BEN-00042" in (await browser.opens("/my-right")).words


async def test_people_choose_their_notices_and_when_mails_wait(town: Town) -> None:
    marc = await town.a_customer()
    browser = await Browser.of(marc)
    page = await browser.opens("/account/notices")
    chosen = [one for one in page.form("Enregistrer").fields["wanted"] if one != "pickup_reminder.mail"]
    page = await page.form("Enregistrer").send(wanted=chosen, quiet="yes", begins="22:00", ends="07:30")
    assert page.said == "C’est enregistré."
    kept = await marc.gets("/me/notice-preferences")
    wanted = {(one["event"], one["channel"]): one["wanted"] for one in kept["preferences"]}
    assert not wanted["pickup_reminder", "mail"]
    assert wanted["pickup_reminder", "app"]
    assert (kept["quiet_hours"]["begins"], kept["quiet_hours"]["ends"]) == ("22:00", "07:30")
    page = await page.form("Enregistrer").send(begins="07:30", ends="07:30")
    assert page.status_code == 422
    assert page.alert
    page = await page.form("Enregistrer").send(quiet=[])
    assert (await marc.gets("/me/notice-preferences"))["quiet_hours"] is None


async def test_optional_mails_are_stopped_and_taken_up_again(town: Town) -> None:
    marc = await town.a_customer()
    browser = await Browser.of(marc)
    page = await (await browser.opens("/account/consents")).form("Arrêter les e-mails facultatifs").send()
    assert (await marc.gets("/me/consents"))["notifications"]["status"] == "withdrawn"
    assert "ne partent pas" in (await browser.opens("/account/notices")).words
    await page.form("Recevoir les e-mails facultatifs").send()
    assert (await marc.gets("/me/consents"))["notifications"]["status"] == "given"


async def test_a_diet_is_kept_with_consent_opened_on_demand_and_erased(town: Town) -> None:
    zoe = await town.a_beneficiary("Zoé")
    browser = await Browser.of(zoe)
    page = await browser.opens("/account/diet")
    refused = await page.form("Enregistrer").send(without_allergens=["milk", "gluten"], checks=False)
    assert list(refused.errors) == ["agreed"]
    assert (await zoe.gets("/me/consents"))["diet"]["status"] == "missing"
    assert refused.form("Enregistrer").fields["without_allergens"] == ["gluten", "milk"]
    page = await page.form("Enregistrer").send(without_allergens=["milk", "gluten"], agreed=True)
    readings = "select count(*) from app.audit_entries where action like 'diet.%'"
    before = await town.value(readings)
    page = await browser.opens("/account/diet")
    assert "Lait" not in page.main.text
    assert await town.value(readings) == before
    page = await page.follows("Ouvrir ma liste")
    assert page.form("Enregistrer").fields["without_allergens"] == ["gluten", "milk"]
    assert page.links["Chercher des lots sans cela"] == "/?without=gluten&without=milk"
    page = await (await browser.opens("/account/diet")).form("Effacer ma liste").send()
    assert "Votre liste est effacée." in page.said
    assert await town.value("select count(*) from app.diets") == 0


async def test_places_are_found_saved_with_an_alert_changed_and_removed(town: Town) -> None:
    load_places(town.copy.url())
    marc = await town.a_customer()
    browser = await Browser.of(marc)
    page = await browser.opens("/account/places")
    nowhere = await page.form("Enregistrer").send(name="Maison", where="xyzzy")
    assert list(nowhere.errors) == ["where"]
    which = await nowhere.form("Enregistrer").send(name="Maison", where="Saint-Denis")
    assert len(which.form("Enregistrer").options("at")) > 1
    page = await which.form("Enregistrer").send(where="67000 Strasbourg", alert=True)
    (kept,) = (await marc.gets("/me/places"))["data"]
    assert (kept["name"], round(kept["latitude"], 1)) == ("Maison", 48.6)
    page = await page.follows("Modifier Maison")
    page = await page.form("Enregistrer").send(
        name="Chez <i>moi</i>", alert=True, km="2", euros="5", most_a_day="3", categories=["bakery", "pastry"]
    )
    assert "Chez &lt;i&gt;moi" in page.text
    (kept,) = (await marc.gets("/me/places"))["data"]
    assert kept["alert"] == {
        "radius_m": 2000,
        "categories": ["bakery", "pastry"],
        "max_price_cents": 500,
        "most_a_day": 3,
    }
    page = await browser.opens(f"/account/places/{kept['id']}")
    await page.form("Enlever ce lieu").send()
    assert (await marc.gets("/me/places"))["data"] == []


async def test_all_of_ones_data_is_downloaded(town: Town) -> None:
    browser = await Browser.of(await town.a_customer())
    page = await (await browser.opens("/account/data")).follows("Télécharger mes données")
    assert page.headers["content-type"] == "application/zip"
    assert page.headers["cache-control"] == "no-store"
    assert "manifest" in " ".join(zipfile.ZipFile(io.BytesIO(page.answer.content)).namelist())


async def test_erasing_says_what_is_lost_and_asks_for_the_password(town: Town) -> None:
    amina = await amina_in(town)
    page = await amina.opens("/account/data")
    assert "C’est pour toujours." in page.words
    wrong = await page.form("Effacer mon compte").send(password="un autre mot", understood=True)
    assert list(wrong.errors) == ["password"]
    unsure = await page.form("Effacer mon compte").send(password=PASSWORD, checks=False)
    assert list(unsure.errors) == ["understood"]
    gone = await page.form("Effacer mon compte").send(password=PASSWORD, understood=True)
    assert "Votre compte est effacé." in gone.said
    assert "session" not in amina.cookies
    assert await town.value("select count(*) from app.page_sessions") == 0


async def test_beneficiaries_read_about_their_right_in_kind_words(town: Town) -> None:
    association = await town.an_association("Les Tables <partagées>")
    zoe = await town.a_beneficiary("Zoé", association=association)
    browser = await Browser.of(zoe)
    page = await (await browser.opens("/account")).follows("/my-right")
    assert "Encore 2 portions pour aujourd’hui." in page.words
    await zoe.reserves(await town.a_free_lot(), 2)
    page = await browser.opens("/my-right")
    assert "C’est tout pour aujourd’hui." in page.words
    assert "Les Tables &lt;partagées&gt;" in page.text
    await association.posts(
        f"/beneficiaries/{zoe.id}/transfer", {"association_id": str((await town.an_association("Relais")).id)}
    )
    made = await association.asks("POST", "/beneficiaries/cards", {"beneficiary_ids": [str(zoe.id)]})
    assert made.status_code == 200
    page = await browser.opens("/my-right")
    assert "Changement demandé : Relais" in page.words.replace("\xa0", " ")
    assert "Votre carte est active" in page.words
    assert (await (await Browser.of(await town.a_customer())).opens("/my-right")).status_code == 403


@pytest.mark.parametrize("path", ["/account", "/reservations", "/notices", "/gifts", "/account/sessions", "/my-right"])
async def test_visitors_are_asked_to_sign_in_and_led_back(town: Town, path: str) -> None:
    page = await Browser(town).opens(path)
    assert page.path.startswith("/sign-in?next=")
