"""Pages of collections: «Faire collecter», links without an account, and the desk of admins."""

from datetime import timedelta

from tests.journeys.test_collections import partners, request
from tests.town import Town
from tests.web.browser import Browser


async def test_a_shop_asks_from_unsold_lots_and_cancels(town: Town) -> None:
    sophie, shop, relais = await partners(town)
    lot = await town.a_lot(shop=shop, left=4, title="Pains <i>du soir</i>", opens_in=-timedelta(hours=1))
    browser = await Browser.of(sophie)
    page = await (await browser.opens(f"/my-shops/{shop.id}/settings")).follows("Faire collecter")
    assert "Aucune collecte" in page.main.text
    page = await page.follows("Demander une collecte")
    form = page.form("Demander une collecte")
    page = await form.send(window_start="jamais")
    assert page.status_code == 422
    assert "window_start" in page.errors
    page = await page.form("Demander une collecte").send(
        window_start=form.fields["window_start"], lots=[str(lot.id)], title="Quiches", kg="2,5"
    )
    assert page.said == "La collecte est demandée. Nous prévenons l’association."
    assert "Pains <i>du soir</i>" in page.main.text
    assert "2,5" in page.main.text
    assert await town.left(lot) == 0
    page = await page.form("Annuler la collecte").send(button="what", reason="Tout est <b>vendu</b>.")
    assert page.said == "La collecte est annulée. Tout le monde est prévenu."
    assert "Tout est <b>vendu</b>." in page.main.text
    assert await town.left(lot) == 4
    page = await browser.opens(f"/my-shops/{shop.id}/collections?status=cancelled")
    assert "Annulée" in page.main.text
    assert (await browser.opens(f"/my-shops/{(await town.a_shop()).id}/collections")).status_code == 404
    reader = await Browser.of(relais)
    assert (await reader.opens(f"/my-shops/{shop.id}/collections/new")).status_code == 404


async def test_a_link_works_without_account_and_its_form_asks_once(town: Town) -> None:
    sophie, shop, _ = await partners(town)
    browser = await Browser.of(sophie)
    page = await (await browser.opens(f"/my-shops/{shop.id}/collections")).follows("Liens sans compte")
    page = await page.form("Créer un lien").send(name="Équipe du soir")
    link = next(path for path in page.links.values() if "/collect/" in path)
    visitor = Browser(town)
    shown = await visitor.opens("/collect/" + link.rpartition("/")[2])
    assert (shown.answer.headers["referrer-policy"], shown.answer.headers["cache-control"]) == (
        "no-referrer",
        "no-store",
    )
    form = shown.form("Demander une collecte")
    page = await form.send(title="Pains", kg="3")
    assert "La collecte est demandée" in page.main.text
    await form.send(title="Pains", kg="3")
    assert await town.value("select count(*) from app.collections") == 1
    shown = await visitor.opens("/collect/" + link.rpartition("/")[2])
    page = await shown.form("Demander une collecte").send(title="Six bouteilles de vin", kg="3")
    assert page.status_code == 422
    page = await browser.opens(f"/my-shops/{shop.id}/collections/links")
    await page.form("Révoquer Équipe du soir").send(button="revoke")
    assert (await visitor.opens("/collect/" + link.rpartition("/")[2])).status_code == 404
    assert (await visitor.opens("/collect/guessed")).status_code == 404


async def test_a_habit_and_a_recurring_request_are_set_on_pages(town: Town) -> None:
    sophie, shop, _ = await partners(town)
    browser = await Browser.of(sophie)
    page = await browser.opens(f"/my-shops/{shop.id}/collections/habit")
    page = await page.form("Enregistrer").send(active="yes", opens="18:30")
    assert page.said == "C’est enregistré."
    assert await town.value("select active from app.collection_habits")
    page = await (await browser.opens(f"/my-shops/{shop.id}/collections")).follows("Demandes régulières")
    page = await page.form("Enregistrer").send(title="Pains", kg="8", weekdays=["1", "2", "3", "4", "5", "6", "7"])
    assert page.said == "C’est enregistré."
    page = await page.form("Mettre en pause Pains").send()
    assert "En pause" in page.main.text
    assert not await town.value("select active from app.recurring_collections")


async def test_an_admin_accepts_and_mails_lead_to_the_page(town: Town) -> None:
    sophie, shop, relais = await partners(town)
    odile = await town.an_admin()
    asked = await sophie.posts("/collections", await request(town, shop, association_id=str(relais.id)))
    browser = await Browser.of(odile)
    page = await browser.opens(f"/collections/{asked['id']}")
    assert page.path.startswith(f"/admin/collections/{asked['id']}")
    page = await page.form("Accepter").send(button="what")
    assert page.said == "La collecte est acceptée. Le commerce est prévenu."
    page = await page.form("Reporter").send(
        button="what",
        reason="La camionnette est en panne.",
        window_start="2020-01-01T10:00",
        window_end="2020-01-01T11:00",
    )
    assert page.status_code == 422
    desk = await (await Browser.of(relais)).opens(f"/association/collections/{asked['id']}")
    wrong = await desk.form("Reporter").send(reason="Panne", window_start="jamais")
    assert wrong.status_code == 422
    later = await desk.form("Reporter").send(reason="La camionnette est en panne.", window_end="2099-01-01T10:00")
    assert later.status_code == 422
    for person, path in ((relais, "/association/collections/"), (sophie, f"/my-shops/{shop.id}/collections/")):
        assert (await (await Browser.of(person)).opens(f"/collections/{asked['id']}")).path.startswith(path)
    assert (await (await Browser.of(await town.a_customer())).opens(f"/collections/{asked['id']}")).status_code == 404


async def test_the_programs_reason_is_read_in_the_readers_language(town: Town) -> None:
    sophie, shop, relais = await partners(town)
    asked = await sophie.posts("/collections", await request(town, shop, association_id=str(relais.id)))
    await town.changes("select app.end_collections(array[$1::text::uuid], 'nobody_came')", asked["id"])
    browser, english = await Browser.of(sophie), await Browser.of(relais)
    page = await browser.opens(f"/my-shops/{shop.id}/collections/{asked['id']}")
    assert page.words.count("Personne n’est passé dans le créneau.") == 2
    english.cookies["language"] = "en"
    page = await english.opens(f"/association/collections/{asked['id']}")
    assert "Nobody came within the window." in page.words
