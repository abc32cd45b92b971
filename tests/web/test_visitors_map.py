"""The map: a list first; nothing of others is loaded before a tap, and then the tiles alone."""

import pytest

from backend.settings import settings
from tests.town import Town
from tests.web.browser import Browser

HERE = "/map?near=48.5839,7.7455"


async def test_the_map_is_a_list_of_shops_that_a_script_can_place(town: Town) -> None:
    shop = await town.a_shop(near=(48.58, 7.75))
    await town.a_lot(shop=shop, title="Panier <b>du soir")
    await town.a_lot(shop=shop, title="Cageot")
    await town.a_free_lot(shop=shop, title="Pains offerts")
    visitor = Browser(town)
    page = await (await visitor.opens("/?near=48.5839,7.7455")).follows("Carte")
    assert page.status_code == 200
    assert page.headings == ["Carte", "Boulangerie du Marché"]
    assert {"Panier <b>du soir", "Cageot"} <= page.links.keys()
    assert "Pains offerts" not in page.text
    (placed,) = [one for one in page.main.all("li") if one.has("data-latitude")]
    assert (placed.get("data-latitude"), placed.get("data-tag")) == ("48.58", "2 lots")


async def test_only_the_map_s_page_allows_the_server_of_the_tiles(town: Town) -> None:
    visitor = Browser(town)
    policy = (await visitor.opens(HERE)).headers["content-security-policy"]
    assert "img-src 'self' data: blob: https://data.geopf.fr;" in policy
    assert "trusted-types" not in policy
    assert "script-src 'self';" in policy
    other = (await visitor.opens("/")).headers["content-security-policy"]
    assert "geopf" not in other
    assert "require-trusted-types-for 'script'" in other


async def test_the_map_s_script_is_served_by_us_and_small(town: Town) -> None:
    for name, most in (("leaflet.js", 45_000), ("leaflet.css", 5_000)):
        answer = await town.request("GET", f"/static/leaflet/{name}", headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200
        assert int(answer.headers["content-length"]) < most
    assert (await town.request("GET", "/static/leaflet/leaflet.js.map")).status_code == 404


async def test_without_a_place_the_map_leads_to_the_first_page(town: Town) -> None:
    page = await Browser(town).opens("/map")
    assert page.path == "/"


async def test_another_server_of_tiles_can_be_set(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOPANIER_MAP_TILES", "https://tiles.example/{z}/{x}/{y}.png")
    settings.cache_clear()
    shop = await town.a_shop(near=(48.58, 7.75))
    await town.a_lot(shop=shop)
    page = await Browser(town).opens(HERE)
    assert "https://tiles.example;" in page.headers["content-security-policy"]
    assert "tiles.example\xa0: l’ouvrir" in page.main.text
