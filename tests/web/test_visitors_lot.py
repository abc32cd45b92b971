"""The page of a lot: what it tells, who can reserve, and lots that are sold out, over or not for everybody."""

from datetime import timedelta

from tests.town import Town
from tests.web.browser import Browser

NASTY = "<script>alert(1)</script>‮ ‏" + "x" * 60


async def test_a_lot_says_everything_before_reserving(town: Town) -> None:
    lot = await town.a_lot(
        left=6,
        opens_in=timedelta(days=2),
        title="Baeckeoffe du jour",
        category="prepared_meals",
        description="Bœuf, porc et agneau.\nÀ réchauffer 40 min.",
        allergens=["celery", "gluten"],
        cold_chain=True,
        weight_grams=450,
        origin="Alsace, France",
        reduction_ground="surplus",
    )
    page = await Browser(town).opens(f"/lots/{lot.id}")
    assert page.title == "Baeckeoffe du jour, 4,00\xa0€ – EcoPanier"
    for said in (
        "4,00\xa0€ au lieu de 8,00\xa0€",
        "Vous pouvez annuler jusqu’à",
        "12 place du Marché, 67000 Strasbourg",
        "À réchauffer 40 min.",
        "À garder au froid",
        "Poids d’une portion 450 g",
        "Origine Alsace, France",
        "Pourquoi moins cher surplus",
        "(estimation)",
        "Contient Gluten Céleri Non signalés Crustacés",
    ):
        assert said in page.main.text, said
    assert page.links["Boulangerie du Marché"] == f"/shops/{lot.shop.id}"
    assert page.links["Itinéraire"].startswith("https://www.openstreetmap.org/")
    form = page.form("Réserver")
    assert form.action == f"/lots/{lot.id}/reserve"
    assert (form.fields["quantity"], form.fields["for"], len(form.fields["_key"])) == ("1", "me", 36)
    assert form.options("for") == ["me", "gift"]

    english = await Browser(town).opens(f"/lots/{lot.id}?for=gift", **{"Accept-Language": "en"})
    assert "€4.00 instead of €8.00" in english.main.text
    assert english.form("Reserve").fields["for"] == "gift"


async def test_the_way_back_leads_to_the_list_that_the_visitor_saw(town: Town) -> None:
    lot = await town.a_lot()
    host = str(town.url).partition("//")[2].rstrip("/")
    for before, back in (
        (f"http://{host}/?where=67000&after=x", "/?where=67000&after=x"),
        (f"http://{host}/account", "/"),
        ("https://elsewhere.example/?where=67000", "/"),
    ):
        page = await Browser(town).opens(f"/lots/{lot.id}", Referer=before)
        assert page.links["Les lots"] == back


async def test_a_sold_out_lot_offers_to_wait(town: Town) -> None:
    lot = await town.a_lot(left=1)
    marc, amina = await town.a_customer("Marc"), await town.a_customer("Amina")
    await marc.buys(lot)
    page = await (await Browser.of(amina)).opens(f"/lots/{lot.id}")
    assert page.form("M’avertir").action == f"/lots/{lot.id}/wait"
    assert "Tout est réservé" in page.headings


async def test_a_free_lot_is_shown_to_beneficiaries_and_is_not_there_for_others(town: Town) -> None:
    lot = await town.a_free_lot(category="bakery")
    page = await (await Browser.of(await town.a_beneficiary())).opens(f"/lots/{lot.id}")
    assert page.form("Réserver").fields["for"] == "me"
    assert "€" not in page.main.text
    assert "gratuit" not in page.text.lower()
    assert "bénéficiaire" not in page.text.lower()
    stranger = await Browser(town).opens(f"/lots/{lot.id}")
    unknown = await Browser(town).opens("/lots/01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4")
    assert (stranger.status_code, stranger.headings) == (404, ["Ce lot n’est plus là"])
    assert stranger.text.replace(str(lot.id), "") == unknown.text.replace("01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4", "")
    marc = await (await Browser.of(await town.a_customer())).opens(f"/lots/{lot.id}")
    assert marc.status_code == 404


async def test_members_see_withdrawn_lots_of_their_shop_but_cannot_reserve(town: Town) -> None:
    lot = await town.a_lot()
    await lot.shop.merchant.withdraws(lot)
    page = await (await Browser.of(lot.shop.merchant)).opens(f"/lots/{lot.id}")
    assert "Le commerce a retiré ce lot." in page.main.text
    assert not [form for form in page.forms if "reserve" in form.action]
    assert (await Browser(town).opens(f"/lots/{lot.id}")).status_code == 404


async def test_a_merchants_words_are_shown_as_text(town: Town) -> None:
    lot = await town.a_lot(title=NASTY, description=NASTY, origin=NASTY)
    page = await Browser(town).opens(f"/lots/{lot.id}")
    assert "<script>alert" not in page.text
    assert page.headings[0].startswith("<script>alert(1)</script>")
