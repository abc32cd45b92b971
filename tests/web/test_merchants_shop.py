"""The shop itself: page, photo, address, hours, team, devices at the counter and agreements."""

from tests.photographs import file_of, two_colours
from tests.town import Town
from tests.web.browser import Browser

PHOTO = ("front.jpg", file_of(two_colours(640, 480)), "image/jpeg")


async def test_an_owner_changes_what_the_page_says(town: Town) -> None:
    shop = await town.a_shop()
    sophie = await Browser.of(shop.merchant)
    page = await (await sophie.opens(f"/my-shops/{shop.id}")).follows("Commerce")
    page = await page.follows("Ce que dit la page")
    page = await page.form("Enregistrer").send(telephone="onze", description="<i>Pain</i>")
    assert page.status_code == 422
    assert "telephone" in page.errors
    page = await page.form("Enregistrer").send(telephone="+33 3 53 01 00 99", website="https://fournil.example")
    assert page.said == "C’est enregistré."
    assert "<i>Pain</i>" in page.main.text
    page = await (await page.follows("Ce que dit la page")).form("Mettre cette photo").send(photo=PHOTO)
    assert await town.value("select photo_id is not null from app.shops")
    page = await (await page.follows("Ce que dit la page")).form("Mettre cette photo").send(button="remove")
    assert await town.value("select photo_id is null from app.shops")


async def test_hours_and_address_are_changed(town: Town) -> None:
    shop = await town.a_shop()
    sophie = await Browser.of(shop.merchant)
    page = await sophie.opens(f"/my-shops/{shop.id}/settings/hours")
    typed = {"monday-0-opens": "07:00", "monday-0-closes": "13:00", "sunday-0-opens": "20:00"}
    page = await page.form("Enregistrer").send({**typed, "sunday-0-closes": "06:00"})
    assert page.status_code == 422
    assert page.alert
    page = await page.form("Enregistrer").send({"sunday-0-closes": "00:00"})
    assert "20 h" in page.main.text.replace("\xa0", " ")
    page = (
        await (await page.follows("Horaires")).form("Enregistrer").send({"sunday-0-opens": "", "sunday-0-closes": ""})
    )
    assert await town.value("select count(*) from app.shops where opening_hours ? 'sunday'") == 0

    page = await page.follows("Adresse et position")
    page = await page.form("Enregistrer").send(latitude="7.7455", longitude="48.5839")
    assert page.status_code == 422
    for endless in ("nan", "inf", "1e999"):
        page = await page.form("Enregistrer").send(latitude=endless, longitude="7.7460")
        assert page.status_code == 422
        assert page.alert
    page = await page.form("Enregistrer").send(latitude="48,5840", longitude="7.7460", address="2 rue Haute")
    assert page.said == "C’est enregistré."
    assert await town.value("select latitude from app.shops") == 48.584


async def test_an_owner_says_what_invoices_say(town: Town) -> None:
    shop = await town.a_shop()
    sophie = await Browser.of(shop.merchant)
    page = await (await sophie.opens(f"/my-shops/{shop.id}/settings")).follows("Reçus et factures")
    page = await page.form("Enregistrer").send(legal_name="Müller et fils", vat_number="FR00 123", food_vat_bp="550")
    assert page.status_code == 422
    assert "vat_number" in page.errors
    page = await page.form("Enregistrer").send(vat_number="FR44 732 829 320")
    assert page.said == "C’est enregistré."
    assert await town.value("select (legal_name, vat_number, food_vat_bp)::text from app.shops") == (
        '("Müller et fils",FR44732829320,550)'
    )
    page = (
        await (await page.follows("Reçus et factures"))
        .form("Enregistrer")
        .send(legal_name="", vat_number="", food_vat_bp="", vat_franchise="yes")
    )
    assert await town.value("select legal_name is null and vat_franchise from app.shops")


async def test_an_owner_invites_changes_and_parts_with_members(town: Town) -> None:
    shop = await town.a_shop()
    sophie = await Browser.of(shop.merchant)
    page = await sophie.opens(f"/my-shops/{shop.id}/team")
    page = await page.form("Envoyer l’invitation").send(email="lea@example.org", role="reader")
    assert page.said == "L’invitation est partie."
    assert "lea@example.org" in page.main.text
    page = await page.form("Retirer l’invitation").send()
    assert "lea@example.org" not in page.main.text

    julie = await town.a_customer("Julie")
    await town.changes(
        "insert into app.members (shop_id, account_id, role, joined_at) values ($1, $2, 'staff', app.clock())",
        shop.id,
        julie.id,
    )
    page = await sophie.opens(f"/my-shops/{shop.id}/team")
    form = next(one for one in page.forms if one.action.startswith(f"/my-shops/{shop.id}/team/"))
    page = await form.send(role="reader")
    assert page.said == "C’est enregistré."
    hers = await Browser.of(julie)
    assert (await hers.opens(f"/my-shops/{shop.id}/team")).status_code == 403
    page = await (await hers.opens(f"/my-shops/{shop.id}/settings")).follows("Quitter ce commerce")
    page = await page.form("Quitter ce commerce").send()
    assert page.said.startswith("Vous ne travaillez plus")
    assert (await hers.opens(f"/my-shops/{shop.id}/figures")).status_code == 404
    alone = await sophie.opens(f"/my-shops/{shop.id}/leave")
    assert (await alone.form("Quitter ce commerce").send()).status_code == 409


async def test_a_device_gets_a_code_that_is_shown_once(town: Town) -> None:
    shop = await town.a_shop()
    sophie = await Browser.of(shop.merchant)
    page = await sophie.opens(f"/my-shops/{shop.id}/stations")
    page = await page.form("Ajouter et voir le code").send(name="Caisse")
    assert "Ce code sert une fois" in page.said
    code = next(one.text for one in page.main.all("p") if "pairing-code" in one.classes)
    assert len(code) >= 8
    page = await sophie.opens(f"/my-shops/{shop.id}/stations")
    assert code not in page.text
    assert "attend son code" in page.main.text
    page = await page.form("Retirer").send()
    assert "Caisse" not in page.main.text


async def test_an_agreement_is_confirmed_from_the_day(town: Town) -> None:
    shop = await town.a_shop()
    tables = await town.an_association()
    await town.an_agreement(tables, shop.id)
    sophie = await Browser.of(shop.merchant)
    page = await sophie.opens(f"/my-shops/{shop.id}")
    task = next(words for words in page.links if words.startswith("Confirmer la convention avec"))
    page = await (await page.follows(task)).form("Confirmer").send()
    assert page.said == "La convention est confirmée."
    page = await page.form("Mettre fin").send()
    assert await town.value("select status from app.agreements") == "ended"
