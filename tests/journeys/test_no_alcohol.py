"""Alcoholic drinks are refused by the words of a lot; food with alcohol and drinks without it are not."""

import pytest

from tests.town import Town
from tests.town.answers import refusal_in
from tests.town.things import recurring_listing

DRINKS = [
    ("grocery", "Vin rouge de pays", ""),
    ("grocery", "Panier apéro", "Deux bouteilles de vin blanc et des olives"),
    ("drinks", "Bières artisanales et jus de pomme", ""),
    ("drinks", "Cocktail au rhum", ""),
    ("other", "Coffret de champagne", ""),
    ("other", "Assortiment de bières", ""),
    ("grocery", "Cidre brut fermier", ""),
    ("grocery", "Pâtes et vin", ""),
    ("drinks", "Craft beer", ""),
    ("caterer", "Plateau repas", "Avec une bouteille de vin"),
    ("prepared_meals", "Bière blonde", "Bien fraîche"),
    ("grocery", "Cheese box", "A bottle of wine and three cheeses"),
    ("grocery", "BIÈRE blonde", ""),
    ("drinks", "Bière sans alcool et bière blonde", ""),
]
FOOD = [
    ("grocery", "Vinaigre de vin", ""),
    ("grocery", "Vinaigre de cidre bio", ""),
    ("prepared_meals", "Coq au vin", ""),
    ("prepared_meals", "Rognons sauce au vin rouge", ""),
    ("pastry", "Babas au rhum", ""),
    ("drinks", "Bière sans alcool", ""),
    ("drinks", "Bière blonde 0,0 %", ""),
    ("drinks", "Alcohol-free beer", ""),
    ("drinks", "Ginger beer", ""),
    ("cheese", "Comté affiné", "Parfait avec un verre de vin."),
    ("bakery", "Pain à la bière", "À la levure de bière."),
    ("desserts", "Glace rhum raisins", ""),
    ("grocery", "Red wine vinegar", ""),
    ("prepared_meals", "Beef braised in red wine", ""),
    ("bakery", "Pain aux raisins du vignoble", "Gingembre, vinaigrette, divin, portobello."),
    ("pastry", "Rum babas", ""),
    ("caterer", "Baeckeoffe du jour", "Trois viandes, pommes de terre, vin blanc : une belle part."),
]


@pytest.mark.parametrize(("category", "title", "description"), DRINKS)
async def test_a_lot_that_offers_alcohol_is_refused(town: Town, category: str, title: str, description: str) -> None:
    assert await town.value("select app.offers_alcohol($1, $2, $3)", category, title, description)


@pytest.mark.parametrize(("category", "title", "description"), FOOD)
async def test_food_and_drinks_without_alcohol_are_allowed(
    town: Town, category: str, title: str, description: str
) -> None:
    assert not await town.value("select app.offers_alcohol($1, $2, $3)", category, title, description)


async def test_alcohol_is_refused_at_publication_and_not_for_drafts(town: Town) -> None:
    shop = await town.a_shop()
    sophie = shop.merchant
    wine = {**await town.lot_fields(shop), "title": "Vin rouge", "category": "grocery"}

    refusal = refusal_in(await sophie.asks("POST", "/lots", wine))
    assert (refusal.status, refusal.code) == (422, "lot.alcohol")
    assert "alcool" in refusal.body["detail"]
    draft = await sophie.posts("/lots", {**wine, "publish": False})
    path = f"/lots/{draft['id']}"
    assert refusal_in(await sophie.asks("PATCH", path, {"publish": True})).code == "lot.alcohol"
    published = await sophie.asks("PATCH", path, {"publish": True, "title": "Vinaigre de vin rouge"})
    assert published.json()["status"] == "published"
    for change in ({"title": "Vin rouge"}, {"description": "Une bouteille de vin en plus"}, {"category": "drinks"}):
        assert refusal_in(await sophie.asks("PATCH", path, change)).code == "lot.alcohol"


async def test_a_lot_published_before_the_rule_keeps_its_words(town: Town) -> None:
    lot = await town.a_lot()
    await town.changes("update app.lots set title = 'Vin rouge' where id = $1", lot.id)

    changed = await lot.shop.merchant.asks("PATCH", f"/lots/{lot.id}", {"quantity": 4})
    assert changed.status_code == 200
    assert await (await town.a_customer()).reserves(lot)


async def test_a_recurring_listing_that_offers_alcohol_is_refused(town: Town) -> None:
    shop = await town.a_shop()
    sophie = shop.merchant
    refusal = refusal_in(await sophie.asks("POST", "/recurring-listings", recurring_listing(shop.id, title="Bières")))
    assert refusal.code == "lot.alcohol"
    listing = await sophie.posts("/recurring-listings", recurring_listing(shop.id))
    path = f"/recurring-listings/{listing['id']}"
    assert refusal_in(await sophie.asks("PATCH", path, {"title": "Bières"})).code == "lot.alcohol"
