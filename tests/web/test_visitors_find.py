"""« Trouver »: a place, then the list; its filters, its pages, saved places, and what is on offer for whom."""

from datetime import timedelta

from backend.places.loading import load_places
from tests.town import Town
from tests.web.browser import Browser, query_of

STRASBOURG = "/?near=48.5839,7.7455"


def _lots(page: object) -> list[str]:
    return [one.text for one in page.main.all("h3")]  # type: ignore[attr-defined]


async def test_a_place_then_the_list_takes_one_tap(town: Town) -> None:
    load_places(town.copy.url())
    near = await town.a_shop(near=(48.58, 7.75))
    await town.a_lot(shop=near, title="Panier ouvert", opens_in=timedelta(minutes=-10))
    await town.a_lot(shop=near, title="Panier d’après-demain", opens_in=timedelta(days=2))
    visitor = Browser(town)
    page = await visitor.opens("/")
    page = await page.form("Chercher").send(where="67000")
    assert visitor.taps == 1
    assert page.headings[:3] in (
        ["Près de chez vous", "À retirer maintenant", "Panier ouvert"],
        ["Ce soir, près de chez vous", "À retirer maintenant", "Panier ouvert"],
    )
    assert "Strasbourg, à 10 km" in page.main.text
    assert "Les jours suivants" in page.headings
    lot = await page.follows("Panier d’après-demain")
    assert (lot.status_code, lot.headings[0]) == (200, "Panier d’après-demain")


async def test_the_filters_narrow_the_list_and_can_be_removed(town: Town) -> None:
    shop = await town.a_shop(near=(48.58, 7.75))
    await town.a_lot(shop=shop, title="Pain", category="bakery", allergens=["gluten"], price_cents=400)
    await town.a_lot(shop=shop, title="Soupe", category="prepared_meals", price_cents=600)
    await town.a_lot(shop=shop, title="Pommes", category="fruits_vegetables", origin="Alsace", price_cents=300)
    visitor = Browser(town)
    page = await visitor.opens(STRASBOURG)
    assert sorted(_lots(page)) == ["Pain", "Pommes", "Soupe"]
    page = await page.follows("Jusqu’à 5,00\xa0€")
    assert sorted(_lots(page)) == ["Pain", "Pommes"]
    page = await page.follows("Filtrer (1)")
    page = await page.form("Voir les lots").send(without=["gluten"], sort="price")
    assert _lots(page) == ["Pommes"]
    assert query_of(page.path)["without"] == "gluten"
    page = await page.follows("Fruits et légumes")
    assert _lots(page) == ["Pommes"]
    page = await page.follows("Filtrer (3)")
    page = await page.follows("Retirer les filtres")
    assert len(_lots(page)) == 3
    assert (await visitor.opens(f"{STRASBOURG}&q=soupe")).headings[2] == "Soupe"


async def test_a_long_list_goes_on_by_a_link(town: Town) -> None:
    shop = await town.a_shop(near=(48.58, 7.75))
    for number in range(32):
        await town.a_lot(shop=shop, title=f"Panier {number}")
    page = await Browser(town).opens(STRASBOURG)
    assert len(_lots(page)) == 30
    rest = await page.follows("Afficher la suite")
    assert len(_lots(rest)) == 2
    assert not set(_lots(rest)) & set(_lots(page))
    again = await Browser(town).opens(f"{STRASBOURG}&sort=price&after={query_of(rest.path)['after']}")
    assert (again.status_code, len(_lots(again))) == (200, 30)


async def test_unknown_parameters_of_a_search_are_left_out(town: Town) -> None:
    await town.a_lot(shop=await town.a_shop(near=(48.58, 7.75)))
    wrong = "&km=7&euros=x&category=gold&when=never&without=stones&sort=luck&place=1&for=money&insee=<b>"
    page = await Browser(town).opens(STRASBOURG + wrong)
    assert (page.status_code, _lots(page)) == (200, ["Panier du soir"])
    for near in ("nowhere", "99,999", "'"):
        assert (await Browser(town).opens(f"/?near={near}")).status_code in (200, 422)
    page = await Browser(town).opens("/?where=Xyzzy<script>")
    assert "Aucun lieu ne s’appelle «\xa0Xyzzy<script>\xa0»" in page.main.text


async def test_a_saved_place_is_searched_without_a_tap(town: Town) -> None:
    await town.a_lot(shop=await town.a_shop(near=(48.58, 7.75)), title="Près de la maison")
    amina = await town.a_customer("Amina")
    place = {"name": "Maison <b>", "latitude": 48.5839, "longitude": 7.7455}
    await amina.posts("/me/places", place, key="a-key-of-amina")
    page = await (await Browser.of(amina)).opens("/")
    assert _lots(page) == ["Près de la maison"]
    assert "Maison <b>, à 10 km" in page.main.text
    other = await (await Browser.of(await town.a_customer())).opens(page.links["Maison <b>"])
    assert "Maison" not in other.text


async def test_only_beneficiaries_find_free_lots_which_look_like_others(town: Town) -> None:
    shop = await town.a_shop(near=(48.58, 7.75))
    await town.a_free_lot(shop=shop, title="Pains offerts", category="bakery")
    amina = await (await Browser.of(await town.a_beneficiary())).opens(STRASBOURG)
    assert _lots(amina) == ["Pains offerts"]
    assert "gratuit" not in amina.text.lower()
    assert "bénéficiaire" not in amina.text.lower()
    assert "0,00" not in amina.main.text.partition("Ce qui a été sauvé")[0]
    assert _lots(await Browser(town).opens(STRASBOURG)) == []


async def test_a_lot_to_give_is_chosen_in_three_taps(town: Town) -> None:
    lot = await town.a_lot(shop=await town.a_shop(near=(48.58, 7.75)))
    marc = await Browser.of(await town.a_customer())
    page = await (await marc.opens(STRASBOURG)).follows("Choisir un lot à offrir")
    assert page.headings[0] == "Choisissez un lot à offrir"
    page = await page.follows("Panier du soir")
    assert page.path == f"/lots/{lot.id}?for=gift"
    assert page.form("Réserver").fields["for"] == "gift"
    assert marc.taps == 2
