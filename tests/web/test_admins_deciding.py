"""Pages of admins: what waits for a decision, accounts, lots and problem reports, without anybody's name."""

import re

from tests.town import Town
from tests.web.browser import Browser

CANARY = "Zéphyrine"


async def test_an_admin_verifies_a_shop_in_one_tap_after_signing_in(town: Town) -> None:
    shop = await town.a_shop(verified=False)
    browser = await Browser.of(await town.an_admin())
    page = await browser.opens("/admin")
    assert "Commerces à vérifier" in page.headings
    page = await page.form(f"/admin/shops/{shop.id}/verify").send()
    assert browser.taps == 1
    assert "Le commerce est vérifié" in page.said
    assert "Rien n’attend votre décision." in page.words
    assert await town.value("select status from app.shops where id = $1", shop.id) == "verified"


async def test_an_association_is_rejected_with_a_reason(town: Town) -> None:
    house = await town.an_association("Le Relais <b>du</b> Port", status="pending")
    page = await (await Browser.of(await town.an_admin())).opens("/admin")
    assert "Le Relais <b>du</b> Port" in page.headings
    page = await page.follows(f"/admin/associations/{house.id}/reject")
    page = await page.form("Refuser").send(checks=False, reason="")
    assert set(page.errors) == {"reason"}
    page = await page.form("Refuser").send(reason="Le récépissé de déclaration manque.")
    assert "C’est refusé." in page.said
    assert await town.value("select status from app.associations where id = $1", house.id) == "rejected"


async def test_an_account_is_found_suspended_and_restored_with_a_reason(town: Town) -> None:
    marc = await town.a_customer()
    browser = await Browser.of(await town.an_admin())
    page = await (await browser.opens("/admin")).follows("Comptes")
    page = await page.form("Chercher").send(q=marc.email or "")
    page = await page.follows("Suspendre Marc")
    page = await page.form("Suspendre").send(reason="Trois plaintes.")
    assert "Le compte est suspendu." in page.said
    assert "Trois plaintes." in page.words
    page = await (await page.follows("Rétablir Marc")).form("Rétablir").send(reason="Erreur de notre part.")
    assert "Le compte est rétabli." in page.said
    page = (
        await (await page.follows("Double authentification perdue Marc"))
        .form("Enlever dans 24 heures")
        .send(reason="Perdu.")
    )
    assert page.status_code == 404
    assert page.alert


async def test_a_lot_is_found_by_its_shop_or_link_and_withdrawn(town: Town) -> None:
    lot = await town.a_lot()
    browser = await Browser.of(await town.an_admin())
    page = await browser.opens(f"/admin/lots?q=https://ecopanier.example/lots/{lot.id}")
    assert page.path == f"/admin/lots/{lot.id}"
    page = await browser.opens("/admin/lots")
    page = await page.form("Chercher").send(q="panier", where="00000")
    assert set(page.errors) == {"where"}
    page = await page.form("Chercher").send(where="")
    page = await (await page.follows("En ligne")).follows(f"/admin/shops/{lot.shop.id}/lots")
    page = await page.follows("Ouvrir Panier du soir")
    page = await page.form("Retirer de la vente").send(reason="Photo trompeuse.")
    assert "Le lot est retiré." in page.said
    page = await page.follows("Retiré")
    assert "Panier du soir" in page.words
    page = await browser.opens(f"/admin/lots/{lot.id}")
    assert "Ce lot n’est plus proposé." in page.words


async def test_pages_of_admins_are_for_admins_only(town: Town) -> None:
    merchant = await Browser.of(await town.a_merchant())
    stranger = Browser(town)
    for path in ("/admin", "/admin/accounts", "/admin/lots", "/admin/reports"):
        assert (await merchant.opens(path)).status_code == 403
        assert (await stranger.opens(path)).path.startswith("/sign-in")


async def test_no_page_of_the_admins_names_a_beneficiary(town: Town) -> None:
    house = await town.an_association()
    zoe = await town.a_beneficiary(CANARY, association=house)
    await town.a_shop(verified=False)
    browser = await Browser.of(await town.an_admin())
    browser.cookies["language"] = "en"
    seen: set[str] = set()
    ahead = ["/admin", f"/admin/accounts?q={zoe.code}", f"/admin/accounts/{zoe.id}/suspend?q={zoe.code}"]
    while ahead:
        path = ahead.pop()
        page = await browser.opens(path)
        assert page.status_code == 200, path
        assert not re.search(f"{CANARY}|Benali|1990-05-01", page.text), path
        seen.add(path)
        if page.is_html:
            ahead += {one for one in page.links.values() if one.startswith("/admin")} - seen - set(ahead)
    assert any(zoe.code in path for path in seen)
    assert len(seen) > 8
