"""The pages on which admins decide problem reports."""

from datetime import timedelta

from tests.town import Town
from tests.web.browser import Browser


async def test_a_report_about_safety_comes_first_and_is_decided(town: Town) -> None:
    lot, buyer = await town.a_lot(opens_in=timedelta(minutes=-5), price_cents=450), await town.a_customer("Zéphyrin")
    held = await buyer.buys(lot, 2)
    await lot.shop.merchant.hands_over(await buyer.pass_for(held))
    words = "Il y avait des <b>noisettes</b>. " + "x" * 200
    made = await buyer.posts(f"/reservations/{held.id}/problem-report", {"kind": "allergen", "text": words})
    browser = await Browser.of(await town.an_admin())
    page = await browser.opens("/admin")
    assert "Signalements" in page.headings
    page = await page.follows(f"/admin/reports/{made['id']}")
    assert words in page.words
    assert "Au plus 9,00" in page.words
    assert buyer.name not in page.main.text
    page = await page.form("Décider").send(outcome="give_back", share="50", text=" ", checks=False)
    assert set(page.errors) == {"text"}
    assert page.form("Décider").fields["outcome"] == "give_back"
    page = await page.form("Décider").send(text="Nous avons regardé.", freeze_reason="Un allergène manquait.")
    assert "C’est décidé." in page.said
    found = await browser.opens(f"/admin/reports/{made['id']}")
    assert "Nous avons regardé." in found.words
    assert await town.value("select status from app.lots where id = $1", lot.id) == "withdrawn"
    assert "Panier du soir" in (await browser.opens("/admin/reports?status=decided")).headings
