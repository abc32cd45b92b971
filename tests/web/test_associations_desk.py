"""Pages of an association: its file, cards, kiosks, activity, own page, members and agreements."""

from datetime import timedelta

from tests.journeys.test_associations import eat
from tests.town import Town
from tests.web.browser import Browser

HEADER = "prénom;nom;date de naissance;éligible jusqu'au\r\n"


def a_file(*lines: str) -> tuple[str, bytes, str]:
    """Return a CSV file with these lines under its header."""
    return ("personnes.csv", (HEADER + "\r\n".join(lines)).encode(), "text/csv")


async def test_refused_lines_of_a_file_are_corrected_and_sent_again(town: Town) -> None:
    browser = await Browser.of(await town.an_association())
    page = await (await browser.opens("/association/people")).follows("Inscrire par fichier")
    file = a_file("Amina;Diallo;12/04/1987;30/06/2029", '"<i>Zoé</i>";Haddad;31/02/1990;30/06/2029')
    page = await page.form("Envoyer le fichier").send(file=file)
    assert page.said == "1 inscrite 0 déjà inscrite 1 refusée"
    assert set(page.errors) == {"birth_date-0"}
    assert page.text.count("/activate/") == 1
    form = page.form("Envoyer ces lignes")
    assert (form.fields["first_name-0"], form.fields["birth_date-0"]) == ("<i>Zoé</i>", "31/02/1990")
    page = await form.send({"birth_date-0": "28/02/1990"})
    assert page.said == "1 inscrite 0 déjà inscrite 0 refusée"
    assert await town.value("select count(*) from app.beneficiaries") == 2
    page = await browser.opens("/association/import")
    assert "1 ligne lue sur 1" in page.words


async def test_more_lines_than_fit_a_page_stay_until_they_are_corrected(town: Town) -> None:
    browser = await Browser.of(await town.an_association())
    page = await browser.opens("/association/import")
    lines = [f"Person{n};Benali;31/02/1990;30/06/2029" for n in range(23)]
    page = await page.form("Envoyer le fichier").send(file=a_file(*lines))
    assert "3 autres suivront." in page.words
    right = {f"birth_date-{n}": "28/02/1990" for n in range(20)}
    page = await page.form("Envoyer ces lignes").send(right)
    assert page.said == "20 inscrites 0 déjà inscrite 3 refusées"
    assert page.form("Envoyer ces lignes").fields["first_name-2"] == "Person22"


async def test_a_file_that_is_no_sheet_is_refused_at_its_field(town: Town) -> None:
    browser = await Browser.of(await town.an_association())
    page = await browser.opens("/association/import")
    page = await page.form("Envoyer le fichier").send(file=("a.csv", b"PK\x03\x04" + b"\0" * 50, "text/csv"))
    assert page.status_code == 422
    assert page.alert
    assert page.title.startswith("Erreur")


async def test_cards_are_printed_and_a_kiosk_is_registered_and_revoked(town: Town) -> None:
    house = await town.an_association()
    amina = await town.a_beneficiary(association=house)
    browser = await Browser.of(house)
    page = await (await browser.opens("/association")).follows("Cartes et bornes")
    empty = await page.form("Imprimer les cartes").send()
    assert "Choisissez au moins une personne." in empty.alert
    sheet = await page.form("Imprimer les cartes").send(people=[str(amina.id)])
    assert (sheet.status_code, sheet.headers["content-type"]) == (200, "application/pdf")
    page = await browser.opens(f"/association/people/{amina.id}")
    assert (await page.form(f"/association/people/{amina.id}/card/revoke").send()).said == "La carte est bloquée."
    page = await browser.opens("/association/cards")
    page = await page.form("Ajouter une borne").send(name="Accueil <b>de</b> jour")
    (secret,) = [one.text for one in page.root.all("textarea")]
    assert len(secret) > 30
    page = await page.follows("/association/cards")
    assert secret not in page.text
    page = await page.form("Retirer Accueil <b>de</b> jour").send()
    assert page.said == "La borne est retirée."


async def test_the_activity_shows_months_that_are_over_and_downloads(town: Town) -> None:
    house = await town.an_association()
    await town.clock("2026-09-14T12:00:00+02:00")
    people = [await town.a_beneficiary(f"P{number}", association=house) for number in range(11)]
    await eat(town, await town.a_free_lot(left=50, opens_in=timedelta(hours=-1), weight_grams=400), people)
    browser = await Browser.of(house)
    assert "Aucun mois à montrer" in (await browser.opens("/association/activity")).words
    await town.clock("2026-10-14T12:00:00+02:00")
    page = await browser.opens("/association/activity")
    assert "sept. 2026 11 11 0 4,4" in page.words
    assert not [one for one in page.root.all("svg") if one.get("role") == "img"]  # nothing to compare yet
    await eat(town, await town.a_free_lot(left=50, opens_in=timedelta(hours=-1), weight_grams=400), people)
    await town.clock("2026-11-02T12:00:00+01:00")
    page = await (await browser.opens("/association")).follows("Activité")
    (chart,) = [one for one in page.root.all("svg") if one.get("role") == "img"]
    assert chart.get("aria-label") == "Portions retirées par mois"
    assert "oct. 2026 11 11 0 4,4" in page.words
    sheet = await page.follows("/association/activity.csv")
    assert sheet.headers["content-type"].startswith("text/csv")


async def test_an_owner_edits_the_page_and_invites_and_removes_a_member(town: Town) -> None:
    house = await town.an_association()
    browser = await Browser.of(house)
    page = await (await browser.opens("/association")).follows("Association")
    page = await page.form("Enregistrer").send(description="Épicerie <solidaire>.", is_public=True, phone="nul")
    assert set(page.errors) == {"phone"}
    page = await page.form("Enregistrer").send(phone="")
    assert page.said == "C’est enregistré."
    page = await page.follows("La voir")
    assert "Épicerie <solidaire>." in page.words
    page = await browser.opens("/association/about")
    page = await page.form("Inviter").send(email="lea@example.org", role="staff")
    assert page.said == "L’invitation est partie."
    page = await page.form("Retirer lea@example.org").send()
    assert page.said == "C’est retiré."
    assert "lea@example.org" not in page.main.text


async def test_an_agreement_is_proposed_and_ended(town: Town) -> None:
    shop = await town.a_shop()
    browser = await Browser.of(await town.an_association())
    name = await town.value("select name from app.shops where id = $1", shop.id)
    page = await (await browser.opens("/association/agreements")).follows("Proposer une convention")
    page = await page.form("Chercher").send(q=name)
    no_pdf = ("c.pdf", b"no pdf", "application/pdf")
    page = await page.form("Proposer").send(shop_id=str(shop.id), signed_on="2026-11-02", document=no_pdf)
    assert page.status_code in (415, 422)
    assert page.alert
    page = await page.form("Proposer").send({"document": ("c.pdf", b"%PDF-1.4\n%%EOF\n", "application/pdf")})
    assert "La convention est proposée." in page.said
    page = await page.form(f"Mettre fin {name}").send()
    assert page.said == "La convention est terminée."


async def test_a_reader_sees_figures_only_and_chooses_between_associations(town: Town) -> None:
    first, second = await town.an_association("Le Relais"), await town.an_association("Les Paniers")
    amina = await town.a_beneficiary("Zéphyrine", association=second)
    paul = await town.a_customer("Paul")
    for house, role in ((first, "reader"), (second, "staff")):
        await town.changes(
            "insert into app.members (association_id, account_id, role, joined_at) values ($1, $2, $3, now())",
            house.id,
            paul.id,
            role,
        )
    browser = await Browser.of(paul)
    page = await browser.opens(f"/association?association={first.id}")
    assert page.path.startswith("/association/activity")
    assert "Personnes" not in page.links
    assert (await browser.opens(f"/association/people?association={first.id}")).status_code == 403
    page = await browser.opens(f"/association?association={second.id}")
    page = await page.follows("Personnes")
    assert "Zéphyrine" in page.words
    page = await page.follows("Zéphyrine Benali")
    page = await page.form("Renouveler").send()
    assert page.said == "Le droit est renouvelé."
    assert f"association={second.id}" in page.path
    assert (await browser.opens(f"/association/people/{amina.id}?association={first.id}")).status_code == 403


async def test_the_to_do_page_names_the_first_rights_to_end_and_counts_the_rest(town: Town) -> None:
    house = await town.an_association()
    people = [await town.a_beneficiary(association=house) for _ in range(8)]
    today = await town.today()
    for number, one in enumerate(people):
        until = today + timedelta(days=28 - number if number < 7 else 200)
        await town.changes("update app.beneficiaries set eligible_until = $1 where id = $2", until, one.id)
    opened = "select count(*) from app.audit_entries where action = 'person.opened'"
    before = await town.value(opened)
    browser = await Browser.of(house)
    page = await browser.opens("/association")
    assert "Voir l’autre" in page.links
    assert await town.value(opened) - before == 6
    found = await house.gets("/associations/me/to-do")
    assert [one["id"] for one in found["rights"]] == [str(one.id) for one in reversed(people[1:7])]
    assert (found["rights_in_all"], found["pending_in_all"], found["transfers"]) == (7, 0, [])
