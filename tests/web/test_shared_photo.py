"""A photo that is shared from a telephone's gallery: it opens the form of a lot, and nothing more."""

import pytest

from tests.town import Town
from tests.web.browser import Browser
from tests.web.test_merchants_lots import PHOTO, READ


@pytest.mark.parametrize("site", ["none", "cross-site", "same-origin"])
async def test_a_shared_photo_opens_the_form_of_a_lot(town: Town, site: str) -> None:
    shop = await town.a_shop()
    town.gemini.answers(READ)
    sophie = await Browser.of(shop.merchant)
    answer = await sophie._asks("POST", "/share", [], {"Sec-Fetch-Site": site}, [("photo", PHOTO)])
    assert answer.status_code == 200
    assert "Salades composées" in answer.text
    assert f'action="/my-shops/{shop.id}' in answer.text
    assert await town.value("select count(*) from app.lots") == 0


async def test_a_shared_photo_without_a_session_or_a_shop_leads_on(town: Town) -> None:
    stranger = await Browser(town)._asks("POST", "/share", [], {"Sec-Fetch-Site": "none"}, [("photo", PHOTO)])
    assert stranger.status_code == 401
    amina = await Browser.of(await town.a_customer("Amina"))
    answer = await amina._asks("POST", "/share", [], {"Sec-Fetch-Site": "none"}, [("photo", PHOTO)])
    assert (answer.status_code, answer.headers["location"]) == (303, "/my-shops")
