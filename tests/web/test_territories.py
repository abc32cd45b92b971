"""Public pages of territories: finding one by its name, and what its page says."""

import pytest

from backend.territories.loading import load_territories
from tests.town import Town
from tests.web.browser import Browser


@pytest.fixture(scope="module")
async def map_town(lasting_town: Town) -> Town:
    """Return a town with the territories of France."""
    load_territories(lasting_town.copy.url())
    return lasting_town


async def test_a_territory_is_found_by_its_name(map_town: Town) -> None:
    visitor = Browser(map_town)
    page = await (await (await visitor.opens("/")).follows("Territoires")).form("/territoires").send(q="strasb")
    page = await page.follows("Strasbourg")
    assert page.path == "/territoires/67482"
    assert page.headings[0] == "Strasbourg"
    assert (await page.follows("Bas-Rhin")).headings[0] == "Bas-Rhin"
    none = await visitor.opens("/territoires?q=zzzzz")
    assert "Nous ne connaissons pas de territoire" in none.main.text
    assert (await visitor.opens("/territoires/67999")).status_code == 404
