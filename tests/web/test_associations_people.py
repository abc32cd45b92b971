"""Pages of an association's people: «À faire», the list, one person's page, and who may see a name."""

from datetime import UTC, date, datetime, timedelta, tzinfo

import pytest

from backend.pages.associations import house as houses
from tests.town import Town
from tests.town.people import Association
from tests.web.browser import Browser, Page

CANARY = "Zéphyrine"


async def a_right_that_ends(town: Town, house: Association, name: str = "Amina", days: int = 10) -> tuple[str, date]:
    """Enrol somebody whose right ends soon, and return their id and its last day."""
    until = await town.today() + timedelta(days=days)
    return str((await town.a_beneficiary(name, association=house, until=until)).id), until


async def right_of(town: Town, who: str) -> date:
    found: date = await town.value("select eligible_until from app.beneficiaries where id = $1::uuid", who)
    return found


async def test_a_right_is_renewed_in_two_taps(town: Town) -> None:
    house = await town.an_association()
    who, until = await a_right_that_ends(town, house)
    browser = await Browser.of(house)
    page = await browser.opens("/association")
    assert "Amina Benali" in page.words
    page = await page.follows("Renouveler le droit de Amina Benali")
    page = await page.form("Renouveler").send()
    assert browser.taps == 2
    assert page.said == "Le droit est renouvelé."
    assert await right_of(town, who) == until + timedelta(days=365)
    assert "Amina" not in page.main.text


async def test_a_person_is_enrolled_and_verified_in_one_more_tap(town: Town) -> None:
    house = await town.an_association()
    browser = await Browser.of(house)
    page = await (await browser.opens("/association/people")).follows("Inscrire une personne")
    typed = {"first_name": "<b>Ion</b>", "last_name": "x" * 100, "birth_date": "1990-02-30"}
    page = await page.form("Inscrire").send(typed)
    assert set(page.errors) == {"birth_date"}
    assert page.form("Inscrire").fields["first_name"] == "<b>Ion</b>"
    page = await page.form("Inscrire").send(birth_date="1990-02-28", household_size="3")
    (link,) = [one.text for one in page.root.all("textarea")]
    assert "/activate/" in link
    page = await browser.opens("/association")
    assert "<b>Ion</b> xxx" in page.words
    page = await page.form(f"Vérifier <b>Ion</b> {'x' * 100}").send()
    assert page.said.startswith("C’est vérifié")
    assert await town.value("select status from app.beneficiaries") == "verified"


async def test_people_are_found_by_code_and_name_with_no_name_in_the_address(town: Town) -> None:
    house, other = await town.an_association(), await town.an_association("Les Paniers")
    browser = await Browser.of(house)
    page = (
        await (await browser.opens("/association/people/new"))
        .form("Inscrire")
        .send(first_name=CANARY, last_name="Haddad", birth_date="1987-04-12")
    )
    (code,) = [one.get("value") for one in page.root.all("input") if one.get("id") == "code"]
    page = await browser.opens("/association")
    page = await page.form("Chercher").send(code=code.lower())
    assert f"{CANARY} Haddad" in page.headings
    sheet = page.path
    sought = {"first_name": "zephyrine", "last_name": "HADDAD", "birth_date": "1987-04-12"}
    page = await (await browser.opens("/association/people")).form("Chercher la personne").send(sought)
    assert page.path == sheet
    stranger = await Browser.of(other)
    page = await (await stranger.opens("/association/people")).form("Chercher la personne").send(sought)
    assert page.status_code == 404
    assert "Personne ici ne porte ce nom" in page.alert
    assert (await stranger.opens(sheet)).status_code == 404
    page = await (await stranger.opens("/association")).form("Chercher").send(code=code)
    assert "Personne ici n’a ce code." in page.alert


async def test_a_person_is_corrected_suspended_restored_and_erased(town: Town) -> None:
    house = await town.an_association()
    amina = await town.a_beneficiary(association=house)
    browser = await Browser.of(house)
    page = await browser.opens(f"/association/people/{amina.id}")
    page = await (await page.follows("Corriger")).form("Enregistrer").send(last_name="Belkacem", phone="nul")
    assert set(page.errors) == {"phone"}
    page = await page.form("Enregistrer").send(phone="+33 6 12 34 56 78")
    assert page.said == "C’est enregistré."
    assert "Amina Belkacem" in page.headings
    page = await page.form("Suspendre le droit").send()
    assert page.said == "Le droit est suspendu."
    page = await page.form("Rétablir le droit").send()
    page = await page.form("Préparer un nouvel accès").send()
    assert "/activate/" in page.text
    page = await (await browser.opens(f"/association/people/{amina.id}")).follows("Effacer")
    page = await page.form("Effacer").send(sure=True)
    assert page.said == "La personne est effacée."
    assert (await browser.opens(f"/association/people/{amina.id}")).status_code == 404


async def test_rights_end_with_the_day_where_the_association_is(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    class Evening(datetime):
        """The evening of 10 June in Paris; in Réunion it is already the 11th."""

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Evening":
            return cls(2026, 6, 10, 21, tzinfo=UTC).astimezone(tz)

    monkeypatch.setattr(houses, "datetime", Evening)
    house = await town.an_association(commune="97411")
    await town.a_beneficiary("Amina", association=house, until=date(2026, 6, 10))
    zoe = await town.a_beneficiary("Zoé", association=house, until=date(2026, 7, 11))
    await town.a_beneficiary("Luc", association=house, until=date(2026, 7, 12))
    browser = await Browser.of(house)

    page = await browser.opens("/association/people?ending=1")
    (rows,) = page.root.all("tbody")
    states = {next(row.all("th")).text: [*row.all("td")][-1].text for row in rows.all("tr")}
    page = await browser.opens(f"/association/people/{zoe.id}/correct")
    (birth_date,) = [one for one in page.root.all("input") if one.get("name") == "birth_date"]

    assert states == {"Amina Benali": "Terminé", "Zoé Benali": "Vérifié"}
    assert birth_date.get("max") == "2026-06-11"


async def test_a_transfer_is_asked_for_accepted_and_shows_a_code_only(town: Town) -> None:
    house, other = await town.an_association(), await town.an_association("Les Paniers")
    await town.changes("update app.associations set is_public = true where id = $1", other.id)
    zoe = await town.a_beneficiary(CANARY, association=house)
    page = await (await Browser.of(house)).opens(f"/association/people/{zoe.id}")
    page = await (await page.follows("Transférer")).form("Demander Les Paniers").send()
    assert page.said == "La demande est partie."
    receiver = await Browser.of(other)
    page = await receiver.opens("/association")
    assert zoe.code in page.words
    assert CANARY not in page.text
    page = await page.form(f"Accepter {zoe.code}").send()
    assert page.said == "Vous suivez cette personne."
    assert f"{CANARY} Benali" in (await receiver.opens("/association/people")).words


async def test_a_name_is_shown_to_its_own_association_only(town: Town) -> None:
    house, other = await town.an_association(), await town.an_association("Les Paniers")
    who, _ = await a_right_that_ends(town, house, CANARY)
    own = await Browser.of(house)
    assert CANARY in (await own.opens("/association")).text
    assert len(await all_pages(own)) > 12
    for person in (other, await town.a_merchant(), await town.a_customer(), await town.an_admin()):
        browser = await Browser.of(person)
        for path in ("/association/people", f"/association/people/{who}", "/account"):
            assert CANARY not in (await browser.opens(path)).text, (person.name, path)
    for path, page in (await all_pages(await Browser.of(other))).items():
        assert CANARY not in page.text, path


async def test_pages_of_an_association_can_be_read_in_english(town: Town) -> None:
    house = await town.an_association()
    await a_right_that_ends(town, house, "Amina")
    browser = await Browser.of(house)
    browser.cookies["language"] = "en"
    pages = await all_pages(browser)
    assert "Rights ending soon" in pages["/association"].headings
    assert all(page.headers["content-language"] == "en" for page in pages.values())


async def all_pages(browser: Browser) -> dict[str, Page]:
    """Open every page of an association that links lead to, and return them by path."""
    seen: dict[str, Page] = {}
    ahead = ["/association"]
    while ahead:
        path = ahead.pop()
        seen[path] = page = await browser.opens(path)
        assert page.status_code == 200, path
        if page.is_html:
            ahead += {one for one in page.links.values() if one.startswith("/association")} - seen.keys() - {*ahead}
    return seen


async def test_an_association_that_is_not_verified_reads_what_it_waits_for(town: Town) -> None:
    house = await town.an_association(status="pending")
    page = await (await Browser.of(house)).opens("/association")
    assert "attend la vérification" in page.words
