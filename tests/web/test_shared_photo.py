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
    assert answer.status_code == 303
    page = await sophie.opens(answer.headers["location"])
    assert page.form("Publier").fields["title"] == "Salades composées"
    assert page.form("Publier").action == f"/my-shops/{shop.id}/lots/new"
    assert await town.value("select count(*) from app.lots") == 0


async def test_a_shared_photo_without_a_session_or_a_shop_leads_on(town: Town) -> None:
    stranger = await Browser(town)._asks("POST", "/share", [], {"Sec-Fetch-Site": "none"}, [("photo", PHOTO)])
    assert stranger.status_code == 401
    amina = await Browser.of(await town.a_customer("Amina"))
    answer = await amina._asks("POST", "/share", [], {"Sec-Fetch-Site": "none"}, [("photo", PHOTO)])
    assert (answer.status_code, answer.headers["location"]) == (303, "/my-shops")


async def test_a_shared_photo_asks_for_the_shop_when_there_are_several(town: Town) -> None:
    shop = await town.a_shop()
    await town.a_shop(merchant=shop.merchant)
    town.gemini.answers(READ)
    sophie = await Browser.of(shop.merchant)
    answer = await sophie._asks("POST", "/share", [], {"Sec-Fetch-Site": "none"}, [("photo", PHOTO)])
    page = await sophie.opens(answer.headers["location"])
    assert page.headings == ["Pour quel commerce\u202f?"]
    assert [form.action.endswith("/photo") for form in page.forms].count(True) == 2
    page = await page.form(f"/my-shops/{shop.id}/photo").send()
    assert page.form("Publier").fields["title"] == "Salades composées"
    assert page.path.startswith(f"/my-shops/{shop.id}/photo/")
    for wrong in ("", "x", str(shop.id)):
        assert (await sophie.opens(f"/share?photo={wrong}")).status_code in (200, 404)


async def test_a_draft_is_read_again_by_whoever_took_its_photo(town: Town) -> None:
    shop, other = await town.a_shop(), await town.a_shop()
    town.gemini.answers(READ)
    sophie = await Browser.of(shop.merchant)
    page = await (await sophie.opens(f"/my-shops/{shop.id}/photo")).form("Lire la photo").send(photo=PHOTO)
    photo = page.path.rpartition("/")[2]
    found = await shop.merchant.gets(f"/lots/drafts/{photo}")
    assert (found["shop_id"], found["draft"]["title"]) == (str(shop.id), "Salades composées")
    assert found["confidence"]
    for stranger, status in ((other.merchant, 404), (await town.a_customer(), 403)):
        assert (await stranger.asks("GET", f"/lots/drafts/{photo}")).status_code == status
