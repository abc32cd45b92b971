"""From a photo to a published lot in three taps, and what a merchant does with lots afterwards."""

from datetime import datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from backend.pages.merchants.lot_fields import given_at
from tests.photographs import file_of, two_colours
from tests.town import Town
from tests.web.browser import Browser

PHOTO = ("shelf.jpg", file_of(two_colours(640, 480)), "image/jpeg")
PARIS = ZoneInfo("Europe/Paris")
NASTY = "<script>alert(1)</script>" + "x" * 60
READ = {
    "title": "Salades composées",
    "description": NASTY,
    "category": "prepared_meals",
    "original_price_cents": 850,
    "price_cents": 400,
    "portions": 3,
    "weight_grams": 320,
    "date_kind": "none",
    "cold_chain": True,
    "urgency": "today",
    "suspected_allergens": ["mustard", "eggs"],
}


async def test_publishing_takes_three_taps_after_the_photo(town: Town) -> None:
    shop = await town.a_shop()
    town.gemini.answers(READ)
    sophie = await Browser.of(shop.merchant)
    page = await sophie.opens(f"/my-shops/{shop.id}/photo")
    page = await page.form("Lire la photo").send(photo=PHOTO)
    assert page.headings[0] == "Votre annonce est prête"
    assert "Salades composées" in page.main.text
    assert page.main.text.count("à vérifier") >= 4
    assert "<script>alert" not in page.text
    again = await sophie.opens(page.path)  # loading it again reads no photo again
    assert again.form("Publier").fields.keys() == page.form("Publier").fields.keys()
    assert await town.value("select count(*) from app.listing_drafts") == 1
    form = page.form("Publier")
    assert sorted(form.fields["allergens"]) == ["eggs", "mustard"]
    sophie.taps = 0
    page = await form.send({"quantity": "6", "checked": True}, button="Publier")
    assert sophie.taps == 3
    assert page.said == "C’est publié : les clients voient le lot.".replace(" :", "\xa0:")
    lot = (await town.rows("select title, quantity, status, allergens, price_cents, photo_id from app.lots"))[0]
    assert tuple(lot)[:3] == ("Salades composées", 6, "published")
    assert sorted(lot["allergens"]) == ["eggs", "mustard"]
    assert (lot["price_cents"], lot["photo_id"] is not None) == (400, True)


async def test_nothing_is_published_before_allergens_and_date_were_checked(town: Town) -> None:
    shop = await town.a_shop()
    sophie = await Browser.of(shop.merchant)
    page = await sophie.opens(f"/my-shops/{shop.id}/lots/new")
    typed = {"title": "Pains", "original_price": "8", "price": "4,50", "quantity": "4"}
    page = await page.form("Publier").send(typed, button="Publier", checks=False)
    assert page.status_code == 422
    assert "checked" in page.errors
    assert page.form("Publier").fields["price"] == "4,50"
    page = await page.form("Publier").send({"checked": True, "price": "9"}, button="Publier")
    assert "price" in page.errors
    assert page.title.startswith("Erreur")
    page = await page.form("Publier").send({"price": "beaucoup"}, button="Publier")
    assert "price" in page.errors
    page = await page.form("Publier").send({"price": "4,50"}, button="Garder en brouillon")
    assert page.said == "Le brouillon est gardé."
    assert await town.value("select price_cents from app.lots where status = 'draft'") == 450

    page = await (await sophie.opens(f"/my-shops/{shop.id}")).follows("Finir un brouillon\xa0: Pains")
    page = await page.form("Publier").send({"allergens": ["gluten"], "checked": True}, button="Publier")
    assert page.said.startswith("C’est publié")
    assert await town.value("select allergens from app.lots where status = 'published'") == ["gluten"]


async def test_a_lot_is_given_only_where_its_merchant_says_so(town: Town) -> None:
    shop = await town.a_shop()
    await town.a_free_lot(shop=shop)
    sophie = await Browser.of(shop.merchant)
    page = await (await sophie.opens(f"/my-shops/{shop.id}/photo")).form("Lire la photo").send(photo=PHOTO)
    assert page.form("Publier").fields["kind"] == "discounted"


async def test_a_file_that_is_no_photo_is_refused_at_the_field(town: Town) -> None:
    shop = await town.a_shop()
    sophie = await Browser.of(shop.merchant)
    page = await sophie.opens(f"/my-shops/{shop.id}/photo")
    page = await page.form("Lire la photo").send(photo=("x.jpg", b"no photo", "image/jpeg"))
    assert "photo" in page.errors


async def test_a_reserved_lot_changes_its_quantity_only(town: Town) -> None:
    lot = await town.a_lot(left=6)
    await (await town.a_customer()).buys(lot, 2)
    sophie = await Browser.of(lot.shop.merchant)
    page = await (await sophie.opens(f"/my-shops/{lot.shop.id}/lots/{lot.id}")).follows("Modifier")
    assert "price" not in page.form("Enregistrer").fields
    page = await page.form("Enregistrer").send(title="Panier", quantity="other", other_quantity="1")
    assert "quantity" in page.errors
    page = await page.form("Enregistrer").send(quantity="8")
    assert page.said == "C’est enregistré."
    page = await page.form("Plus rien à proposer").send()
    assert tuple((await town.rows("select title, quantity from app.lots"))[0]) == ("Panier", 2)


async def test_unsold_portions_become_free_at_an_hour_or_never(town: Town) -> None:
    lot = await town.a_lot(opens_in=-timedelta(minutes=5))
    sophie = await Browser.of(lot.shop.merchant)
    page = await (await sophie.opens(f"/my-shops/{lot.shop.id}")).follows("Offrir ce qui reste")
    form = page.form(f"/my-shops/{lot.shop.id}/lots/{lot.id}/give")
    page = await form.send(becomes_free=form.options("becomes_free")[1])
    assert "sera offert" in page.said
    given = await town.value("select becomes_free_at from app.lots")
    assert lot.pickup_start < given < lot.pickup_end
    assert page.form(form.action).fields["becomes_free"]
    page = await (await page.follows("Modifier")).form("Enregistrer").send(title="Autre titre")
    assert await town.value("select becomes_free_at from app.lots") == given
    page = await page.form(form.action).send(becomes_free="")
    assert await town.value("select becomes_free_at from app.lots") is None


def test_an_hour_to_give_is_on_the_pickups_day_or_in_its_night() -> None:
    start = datetime(2026, 11, 28, 17, 15, tzinfo=PARIS)
    for hour, ends, day in ((16, 2, 28), (18, 2, 28), (0, 8, 29), (20, 2, 28)):
        found = given_at(time(hour), start, start + timedelta(hours=ends), PARIS)
        assert (found.day, found.hour) == (day, hour)


async def test_a_lot_is_withdrawn_after_a_question_and_published_once_more(town: Town) -> None:
    lot = await town.a_lot(title=NASTY)
    sophie = await Browser.of(lot.shop.merchant)
    page = await sophie.opens(f"/my-shops/{lot.shop.id}/lots")
    assert NASTY in page.headings
    page = await (await page.follows(NASTY)).follows("Retirer")
    assert "annulées" in page.main.text
    page = await page.form("Retirer").send()
    assert await town.value("select status from app.lots") == "withdrawn"
    page = await (await page.follows(NASTY)).follows("Publier de nouveau")
    page = await page.form("Publier").send({"quantity": "2", "checked": True}, button="Publier")
    assert page.said.startswith("C’est publié")
    assert await town.value("select count(*) from app.lots where status = 'published'") == 1


async def test_another_shops_lot_is_not_found(town: Town) -> None:
    lot, other = await town.a_lot(), await town.a_lot()
    sophie = await Browser.of(lot.shop.merchant)
    for path in ("", "/edit", "/withdraw"):
        assert (await sophie.opens(f"/my-shops/{lot.shop.id}/lots/{other.id}{path}")).status_code == 404


async def test_a_form_that_no_page_shows_is_refused_with_its_page(town: Town) -> None:
    shop = await town.a_shop()
    sophie = await Browser.of(shop.merchant)
    for typed in ({"category": "cars"}, {"date_kind": "never"}, {"quantity": "²"}, {"quantity": "9" * 5000},
                  {"weight_grams": "9" * 400}):  # fmt: skip
        refused = await sophie.sends(f"/my-shops/{shop.id}/lots/new", title="Pains", checked="yes", **typed)
        assert (refused.status_code, "Pains" in refused.text) == (422, True), typed
    for shop_id in ("", "none", str(uuid4())):
        assert (await sophie.sends("/my-shops/code", shop_id=shop_id)).status_code == 404
