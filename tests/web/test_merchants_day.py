"""A merchant's shops and the day of one: registering, states, what is to hand over, and who may see it."""

from datetime import timedelta

from backend.places.loading import load_places
from tests.town import Town
from tests.web.browser import Browser

NASTY = "<script>alert(1)</script>" + "x" * 60


async def test_a_merchant_registers_a_shop_and_sees_its_state(town: Town) -> None:
    load_places(town.copy.url())
    sophie = await Browser.of(await town.a_merchant())
    page = await (await sophie.opens("/my-shops")).follows("Inscrire un commerce")
    typed = {"name": NASTY, "siret": "12345678901234", "address": "12 place du Marché, 67000 Strasbourg"}
    page = await page.form("/my-shops/new").send({**typed, "category": "bakery", "commune": "Nulle-Part-sur-Rien"})
    assert page.status_code == 422
    assert "code postal" in page.errors["commune"]
    page = await page.form("/my-shops/new").send(commune="Saint-Denis")
    assert page.status_code == 422
    assert "93066" in page.form("/my-shops/new").options("insee_code")
    page = await page.form("/my-shops/new").send(insee_code="93066")
    assert page.status_code == 422
    assert "siret" in page.errors
    assert page.form("/my-shops/new").fields["name"] == NASTY
    page = await page.form("/my-shops/new").send(siret=town.a_siret())
    assert "Le commerce est inscrit" in page.said
    assert NASTY in page.headings
    assert "En attente" in page.main.text
    shop, *place = (await town.rows("select id, insee_code, status from app.shops"))[0]
    assert place == ["93066", "pending"]

    odile = await town.an_admin()
    why = "Le SIRET est celui d’un autre."
    await odile.posts(f"/admin/shops/{shop}/verify", {"decision": "rejected", "reason": why})
    page = await sophie.opens("/my-shops")
    assert "Refusé" in page.main.text
    assert why in page.main.text


async def test_only_a_shops_people_open_its_day(town: Town) -> None:
    shop = await town.a_shop()
    assert (await (await Browser.of(shop.merchant)).opens("/my-shops/now")).path == f"/my-shops/{shop.id}"
    for other in (await town.a_merchant("Paul"), await town.a_customer()):
        assert (await (await Browser.of(other)).opens(f"/my-shops/{shop.id}")).status_code == 404
    assert (await Browser(town).opens(f"/my-shops/{shop.id}")).path.startswith("/sign-in?next=")
    assert (await (await Browser.of(await town.a_customer("Léa"))).opens("/my-shops/new")).status_code == 403


async def test_the_day_counts_portions_the_same_for_every_kind(town: Town) -> None:
    shop = await town.a_shop()
    paid = await town.a_lot(shop=shop, left=6, opens_in=-timedelta(minutes=30), lasts=timedelta(hours=1))
    free = await town.a_free_lot(shop=shop, left=3, opens_in=-timedelta(minutes=30), lasts=timedelta(hours=1))
    marc, amina = await town.a_customer(), await town.a_beneficiary()
    bought = await marc.buys(paid, 2)
    await marc.reserves(paid)
    kept = await amina.reserves(free)
    await shop.merchant.hands_over(await marc.pass_for(bought))
    await shop.merchant.hands_over(await amina.pass_for(kept))

    page = await (await Browser.of(shop.merchant)).opens(f"/my-shops/{shop.id}")
    pickups = [one.text for one in page.main.all("article")]
    assert len(pickups) == 2
    assert any("2 remises 1 attendue 3 libres" in one for one in pickups)
    assert any("1 remise 0 attendue 2 libres" in one for one in pickups)
    for told in ("Marc", "Amina", "€", "gratuit", "offert", "payé", "bénéficiaire"):
        assert not any(told in one for one in pickups)
    english = await (await Browser.of(shop.merchant)).opens(f"/my-shops/{shop.id}", **{"Accept-Language": "en"})
    assert english.status_code == 200


async def test_a_suspended_portion_is_counted_under_its_lot(town: Town) -> None:
    lot = await town.a_lot(left=4, opens_in=timedelta(hours=1), lasts=timedelta(minutes=30))
    await (await town.a_customer()).gives(lot)
    await (await town.a_beneficiary()).reserves(await town.suspended_lot_of(lot))
    page = await (await Browser.of(lot.shop.merchant)).opens(f"/my-shops/{lot.shop.id}")
    (pickup,) = [one.text for one in page.main.all("article")]
    assert "1 attendue 3 libres" in pickup


async def test_an_owner_resumes_lots_that_reports_paused(town: Town) -> None:
    lot = await town.a_lot(opens_in=timedelta(minutes=1))
    await town.changes("update app.shops set paused_at = app.clock()")
    await town.changes("update app.lots set status = 'paused'")
    page = await (await Browser.of(lot.shop.merchant)).opens(f"/my-shops/{lot.shop.id}")
    page = await page.form("Reprendre").send()
    assert page.said == "Vos lots sont de nouveau proposés."
    assert await town.value("select status from app.lots") == "published"
