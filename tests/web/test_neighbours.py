"""The pages of neighbours: suggestions for shops and associations, inviting another shop, and what admins see of it."""

import re

import pytest

from tests.journeys.test_neighbours import a_leaving_shop
from tests.town import Town
from tests.town.leaving import an_association_that_takes, shows
from tests.visitors import PASSWORD, mails
from tests.web.browser import Browser
from tests.web.supabase_town import with_supabase

CHEESE = "fromagerie@example.org"
NAME = "Pain <b>& Cie</b>"


async def test_an_association_proposes_an_agreement_to_a_suggested_shop(town: Town) -> None:
    shop = await a_leaving_shop(town)
    await town.changes("update app.shops set name = $1", NAME)
    relais = await an_association_that_takes(town, lacks=["bakery"])
    browser = await Browser.of(relais)
    page = await (await browser.opens("/association")).follows("Voisins")
    assert NAME in page.headings
    assert "environ 5\xa0kg par semaine · personne n’y collecte" in page.words
    assert "environ 5\xa0kg (vous en manquez)" in page.words

    page = await page.follows(f"Proposer une convention {NAME}")
    form = page.form("Proposer")
    assert form.fields["shop_id"] == str(shop.id)


async def test_an_association_is_not_suggested_a_shop_that_it_dismissed(town: Town) -> None:
    await a_leaving_shop(town)
    browser = await Browser.of(await an_association_that_takes(town))
    page = await browser.opens("/association/neighbours")
    page = await page.form("Pas intéressé Boulangerie du Marché").send()

    assert page.said == "C’est noté\xa0: ce voisin ne sera plus suggéré pendant 90 jours."
    assert "Aucun commerce à suggérer pour le moment." in page.words
    assert "Aucun commerce" in (await page.follows("Chercher au-delà de notre agglomération")).words


async def test_an_association_that_said_no_needs_is_led_to_them(town: Town) -> None:
    browser = await Browser.of(await town.an_association())
    page = await (await browser.opens("/association/neighbours")).follows("Dire nos besoins")
    assert page.headings[0] == "Besoins"

    waiting = await Browser.of(await town.an_association("Pas encore", status="pending"))
    assert "doit être vérifiée" in (await waiting.opens("/association/neighbours")).words


async def test_an_owner_chooses_to_be_suggested_and_dismisses_a_neighbour(town: Town) -> None:
    shop = await a_leaving_shop(town, shown=False)
    relais = await an_association_that_takes(town, "Le Relais")
    browser = await Browser.of(shop.merchant)
    page = await (await browser.opens(f"/my-shops/{shop.id}/settings")).follows("Voisins")
    assert "Le Relais" in page.headings
    page = await page.form(f"/my-shops/{shop.id}/neighbours/show").send(shows_leftovers="yes")
    assert page.said == "C’est enregistré."
    assert len((await relais.gets("/neighbours/suggestions"))["data"]) == 1
    page = await page.form(f"/my-shops/{shop.id}/neighbours/show").send(shows_leftovers=False)
    assert (await relais.gets("/neighbours/suggestions"))["data"] == []

    page = await page.form("Pas intéressé Le Relais").send()
    assert "Le Relais" not in page.headings


async def test_a_shop_is_invited_by_mail_and_registers_from_the_link(town: Town) -> None:
    shop = await town.a_shop()
    browser = await Browser.of(shop.merchant)
    page = await browser.opens(f"/my-shops/{shop.id}/neighbours")
    page = await page.form("Envoyer l’invitation").send(email=CHEESE)
    assert page.said == "L’invitation part, si nous pouvons écrire à cette adresse."
    assert "Encore 19 invitations cette semaine." in page.words
    assert "La suite se lit à partir de trois invitations" in page.words
    link = (await mails(town, CHEESE))[-1].link

    for method in ("GET", "HEAD", "GET"):  # scanners count nothing
        scanned = await town.request(method, link)
        assert (scanned.status_code, scanned.headers["referrer-policy"]) == (200, "no-referrer")
    assert await town.value("select opened_at from app.shop_invitations") is None
    rose = Browser(town)
    page = await rose.opens(link)
    assert "Boulangerie du Marché" in page.words
    assert CHEESE not in page.text
    page = await page.form("Inscrire mon commerce").send()
    form = page.form("/register")
    assert form.fields["role"] == "merchant"
    wrong = await form.send(
        display_name="Rose", email=CHEESE, password="1234567890", terms=True, invitation_named="yes"
    )
    assert wrong.status_code == 422
    page = await wrong.form("/register").send(password=PASSWORD)
    await page.form("/register/code").send(code=(await mails(town, CHEESE))[-1].code)

    [made] = await town.rows("select * from app.shop_invitations")
    assert (made["opened_at"] is None, made["registered_at"] is None, made["named"]) == (False, False, True)
    again = await rose.opens(link)
    assert (again.status_code, again.headings[0]) == (404, "Cette invitation n’est plus valable")


async def test_an_invitation_counts_where_supabase_signs_people_in(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = await town.a_shop()
    await shop.merchant.posts(f"/shops/{shop.id}/shop-invitations", {"email": CHEESE})
    link = (await mails(town, CHEESE))[-1].link
    async with with_supabase(town, monkeypatch) as elsewhere:
        rose = elsewhere.browser()
        page = await (await rose.opens(link)).form("Inscrire mon commerce").send()
        typed = {"display_name": "Rose", "email": CHEESE, "password": PASSWORD, "terms": "2026-01"}
        page = await page.form("/register").send({**typed, "invitation_named": "yes"})
        await page.form("/register/code").send(code=elsewhere.supabase.mail(CHEESE).code, password=PASSWORD)

    [made] = await town.rows("select * from app.shop_invitations")
    assert (made["registered_at"] is None, made["account_id"] is None, made["named"]) == (False, False, True)


async def test_refusing_takes_one_click_here_or_in_the_mail_program(town: Town) -> None:
    shop = await town.a_shop()
    for number in range(2):
        await shop.merchant.posts(f"/shops/{shop.id}/shop-invitations", {"email": f"a{number}@example.org"})
    stops = []
    for number in range(2):
        mail = (await mails(town, f"a{number}@example.org"))[-1]
        found = re.search(r"/no-invitations/\S+", mail.text)
        assert found
        stops.append(found[0])

    asked = await Browser(town).opens(stops[0])
    assert await town.value("select count(*) from app.refused_invitations") == 0
    page = await asked.form("Ne plus recevoir d’invitations").send()
    assert page.headings[0] == "C’est noté"
    by_program = await town.request(
        "POST",
        stops[1],
        content=b"List-Unsubscribe=One-Click",
        headers={"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "cross-site"},
    )
    assert by_program.status_code == 200
    assert await town.value("select count(*) from app.refused_invitations") == 2
    unknown = await Browser(town).sends("/no-invitations/unknown")
    assert unknown.status_code == 404


async def test_a_link_to_print_has_its_square_and_is_shown_once(town: Town) -> None:
    shop = await town.a_shop()
    browser = await Browser.of(shop.merchant)
    page = await browser.opens(f"/my-shops/{shop.id}/neighbours")
    made = await page.form("Faire un lien à imprimer").send(name=NAME)

    assert made.status_code == 201
    assert NAME in made.words
    assert '<svg class="qr"' in made.text
    link = next(path for words, path in made.links.items() if "/join-shop/" in words)
    assert (await Browser(town).opens(link[link.index("/join-shop/") :])).status_code == 200


@pytest.mark.parametrize("email", ["", "pas une adresse"])
async def test_a_wrong_address_is_said_at_its_field(town: Town, email: str) -> None:
    shop = await town.a_shop()
    browser = await Browser.of(shop.merchant)
    page = await browser.opens(f"/my-shops/{shop.id}/neighbours")
    wrong = await page.form("Envoyer l’invitation").send(email=email or "x@y")

    assert wrong.status_code == 422
    assert "email" in wrong.errors
    assert await town.value("select count(*) from app.shop_invitations") == 0


async def test_admins_see_the_funnel_and_where_nobody_collects(town: Town) -> None:
    await town.territories()
    shop = await a_leaving_shop(town, shown=False)
    await an_association_that_takes(town, lacks=["dairy"])
    await shop.merchant.posts(f"/shops/{shop.id}/shop-invitations", {"email": CHEESE})
    browser = await Browser.of(await town.an_admin())

    page = await browser.opens("/admin/neighbours")
    assert {"Où personne ne collecte", "Commerces invités par d’autres"} <= set(page.headings)
    assert "Strasbourg" in page.words
    assert "Boulangerie du Marché" not in page.words
    none = await browser.opens("/admin/neighbours?territory=DEP-68")
    assert "Aucun commerce n’a de restes réguliers ici." in none.words
    wrong = await browser.opens("/admin/neighbours?territory=99999")
    assert (wrong.status_code, "territory" in wrong.errors) == (422, True)


async def test_readers_of_a_shop_see_no_neighbours(town: Town) -> None:
    shop, reader = await town.a_shop(), await town.a_customer()
    await town.changes(
        "insert into app.members (shop_id, account_id, role, joined_at) values ($1, $2, 'reader', now())",
        shop.id,
        reader.id,
    )
    await shows(town, shop)

    assert (await (await Browser.of(reader)).opens(f"/my-shops/{shop.id}/neighbours")).status_code == 403
